/* gateway/sandbox_net_request: questions to the kernel and its answers, the angry ones too. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "gateway/sandbox_net_request.h"

static struct net_request request;

static void note_loopback(void *owner, const struct nlmsghdr *part)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(part);
    uint32_t *count = owner;
    if (part->nlmsg_type == RTM_NEWLINK && info->ifi_index == 1) (*count)++;
}

static void test_dump(void **state)
{
    (void)state;
    uint32_t count = 0;
    assert_int_equal(net_request_open(&request), 0);
    for (int i = 1; i <= 2; i++) { /* one conversation does not disturb the next */
        net_request_begin(&request, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
        assert_int_equal(net_request_dump(&request, note_loopback, &count), 0);
        assert_int_equal(count, i);
    }
    net_request_close(&request);
}

static void test_the_fixed_part_is_zeroed(void **state)
{
    (void)state;
    assert_int_equal(net_request_open(&request), 0);
    memset(request.buffer.bytes, 0xff, sizeof request.buffer);
    const struct rtmsg *message =
        net_request_begin(&request, RTM_NEWROUTE, NLM_F_CREATE, sizeof *message);
    const struct rtmsg zeros = {0};
    assert_memory_equal(message, &zeros, sizeof zeros);
    assert_int_equal(request.message->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
    assert_int_equal(request.message->nlmsg_len, mnl_nlmsg_size(sizeof zeros));
    net_request_close(&request);
}

static void test_the_kernel_says_no(void **state)
{
    (void)state;
    assert_int_equal(net_request_open(&request), 0);
    struct ifinfomsg *info = net_request_begin(&request, RTM_NEWLINK, 0, sizeof *info);
    info->ifi_index = INT32_MAX; /* no such interface, or (without privileges) not allowed */
    const int error = net_request_do(&request);
    assert_true(error == ENODEV || error == EPERM);
    net_request_begin(&request, 0x3f, 0, 4); /* no such request */
    const int unknown = net_request_do(&request);
    assert_true(unknown == EOPNOTSUPP || unknown == EPERM);
    net_request_close(&request);
    net_request_close(&request); /* does no harm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_the_fixed_part_is_zeroed),
        cmocka_unit_test(test_the_kernel_says_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
