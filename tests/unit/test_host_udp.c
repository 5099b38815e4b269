/*
 * UDP sockets of the host: who hears them, what is one run, what their datagrams are given.
 */
#include "support.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway/host_udp.h"

static struct vitro_ip ip_of(const char *text)
{
    struct vitro_ip ip;
    assert_int_equal(vitro_ip_parse(text, &ip), 0);
    return ip;
}

static int open_at(const char *text, struct vitro_endpoint *local)
{
    const struct vitro_ip ip = ip_of(text);
    const int fd = host_udp_open(&ip);
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, local));
    assert_true(vitro_ip_equal(&local->ip, &ip));
    assert_int_not_equal(local->port, 0);
    return fd;
}

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void test_open(void **state)
{
    (void)state;
    static const char *const addresses[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};
    for (uint32_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        struct vitro_endpoint local;
        close(open_at(addresses[i], &local));
    }
    const struct vitro_ip nobodys = ip_of("192.0.2.1");
    assert_int_equal(host_udp_open(&nobodys), -EADDRNOTAVAIL);
}

static void test_way(void **state)
{
    (void)state;
    struct vitro_endpoint local;
    int fd = open_at("127.0.0.1", &local);
    host_udp_set_way(fd, true, 7, true);
    assert_int_equal(option_of(fd, IPPROTO_IP, IP_TTL), 7);
    assert_int_equal(option_of(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    host_udp_set_way(fd, true, 8, false);
    assert_int_equal(option_of(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
    close(fd);
    fd = open_at("::1", &local);
    host_udp_set_way(fd, false, 9, false);
    assert_int_equal(option_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
    close(fd);
}

static uint32_t run_of(const size_t *lengths, uint32_t count)
{
    struct iovec parts[64];
    for (uint32_t i = 0; i < count; i++) parts[i] = (struct iovec){.iov_len = lengths[i]};
    return host_udp_count_run(parts, count);
}

static void test_what_is_a_run(void **state)
{
    (void)state;
    assert_int_equal(run_of((const size_t[]){5}, 1), 1);
    assert_int_equal(run_of((const size_t[]){5, 5, 5}, 3), 3);
    assert_int_equal(run_of((const size_t[]){5, 5, 3, 5}, 4), 3);
    assert_int_equal(run_of((const size_t[]){5, 5, 6}, 3), 2);
    assert_int_equal(run_of((const size_t[]){5, 5, 0}, 3), 2);
    assert_int_equal(run_of((const size_t[]){0, 0, 0}, 3), 1);
    size_t large[64];
    for (uint32_t i = 0; i < ARRAY_COUNT(large); i++) large[i] = 1400;
    assert_int_equal(run_of(large, ARRAY_COUNT(large)), HOST_UDP_RUN_BYTES_MAX / 1400);
}

static void test_run_is_sent(void **state)
{
    (void)state;
    struct vitro_endpoint local, to;
    const int fd = open_at("0.0.0.0", &local);
    const int server = open_at("127.0.0.1", &to);
    struct sockaddr_storage address;
    const socklen_t len = host_address(&to, &address);
    char text[] = "abcde";
    struct iovec parts[] = {{text, 2}, {text + 2, 2}, {text + 4, 1}};
    const int error = host_udp_send_run(fd, &address, len, parts, ARRAY_COUNT(parts));
    if (error == EINVAL || error == EIO) { /* this kernel does not cut */
        close(fd);
        close(server);
        skip();
    }
    assert_int_equal(error, 0);
    char got[8];
    assert_int_equal(recv(server, got, sizeof got, 0), 2);
    assert_int_equal(recv(server, got, sizeof got, 0), 2);
    assert_int_equal(recv(server, got, sizeof got, 0), 1);
    assert_int_equal(got[0], 'e');
    close(fd);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_way),
        cmocka_unit_test(test_what_is_a_run),
        cmocka_unit_test(test_run_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
