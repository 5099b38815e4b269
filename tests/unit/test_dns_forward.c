/*
 * Questions to the host's resolvers: which answers count, who is asked next, and when it is enough.
 */
#include "support.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_fixture.h"
#include "gateway/dns_forward.h"

#define SOON_US  FIXTURE_PATIENCE_US
#define NEVER_US 50000u

static int setup_one(void **state)
{
    *state = dns_setup(1);
    return 0;
}

static int setup_two(void **state)
{
    *state = dns_setup(2);
    return 0;
}

static int setup_none(void **state)
{
    *state = dns_setup(0);
    return 0;
}

static int teardown(void **state)
{
    dns_teardown(*state);
    return 0;
}

static const struct talk *only_talk(const struct dns_fixture *f)
{
    assert_int_equal(f->fixture.talk_count, 1);
    return &f->fixture.talks[0];
}

static uint16_t port_of_asker(const struct dns_fixture *f)
{
    struct sockaddr_in in;
    memcpy(&in, &f->asker, sizeof in);
    return in.sin_port;
}

static void test_ids_and_ports_differ(void **state)
{
    struct dns_fixture *f = *state;
    uint32_t same_ids = 0;
    uint32_t same_ports = 0;
    uint16_t last_id = 0;
    uint16_t last_port = 0;
    for (uint16_t i = 0; i < 20; i++) {
        dns_ask(f, "example.org", DNS_TYPE_A, 1);
        assert_true(dns_resolver_hears(f, 0, SOON_US));
        const uint16_t id = dns_id_of(span_of(f->query, f->query_len));
        same_ids += id == last_id;
        same_ports += port_of_asker(f) == last_port;
        last_id = id;
        last_port = port_of_asker(f);
    }
    assert_true(same_ids <= 1);
    assert_true(same_ports <= 1);
}

/* RFC 5452: an answer from elsewhere, with another ID or another question is none. */
static void test_forged_answers_do_not_count(void **state)
{
    struct dns_fixture *f = *state;
    uint8_t answer[512];
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_true(dns_resolver_hears(f, 0, SOON_US));
    const size_t len = dns_answer_to(f, DNS_NOERROR, answer, sizeof answer);
    const struct sockaddr *asker = (const struct sockaddr *)&f->asker;
    const int other = socket(AF_INET, SOCK_DGRAM, 0);
    (void)!sendto(other, answer, len, 0, asker, sizeof(struct sockaddr_in));
    close(other);
    answer[0] ^= 1;
    (void)!sendto(f->udp[0], answer, len, 0, asker, sizeof(struct sockaddr_in));
    answer[0] ^= 1;
    answer[13] ^= 1;
    (void)!sendto(f->udp[0], answer, len, 0, asker, sizeof(struct sockaddr_in));
    (void)!sendto(f->udp[0], answer, 5, 0, asker, sizeof(struct sockaddr_in));
    assert_string_equal(dns_hear(f, NEVER_US), "");
    dns_resolver_says(f, 0, DNS_NOERROR);
    assert_string_equal(dns_hear(f, SOON_US), "A 192.0.2.7");
    const struct talk *talk = only_talk(f);
    assert_int_equal(talk->end, TALK_ANSWERED);
    assert_int_equal(talk->bytes_out, f->query_len);
    assert_int_equal(talk->bytes_in, len);
}

static void test_refused_asks_the_next_at_once(void **state)
{
    struct dns_fixture *f = *state;
    close(f->udp[0]);
    f->udp[0] = -1;
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_true(dns_resolver_hears(f, 1, SOON_US));
    dns_resolver_says(f, 1, DNS_NOERROR);
    assert_string_equal(dns_hear(f, SOON_US), "A 192.0.2.7");
}

static void test_all_refused_is_a_failure_at_once(void **state)
{
    struct dns_fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        close(f->udp[i]);
        f->udp[i] = -1;
    }
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_string_equal(dns_hear(f, SOON_US), "SERVFAIL");
    assert_int_equal(only_talk(f)->end, TALK_REFUSED);
    assert_int_equal(only_talk(f)->error, ECONNREFUSED);
    assert_string_equal(only_talk(f)->detail, "SERVFAIL");
}

static void test_an_excuse_asks_the_next(void **state)
{
    struct dns_fixture *f = *state;
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_true(dns_resolver_hears(f, 0, SOON_US));
    dns_resolver_says(f, 0, DNS_SERVFAIL);
    assert_true(dns_resolver_hears(f, 1, SOON_US));
    dns_resolver_says(f, 1, DNS_REFUSED); /* and of the last one it counts */
    assert_string_equal(dns_hear(f, SOON_US), "REFUSED");
    assert_int_equal(only_talk(f)->end, TALK_REFUSED);
}

static void test_no_such_name_is_an_answer(void **state)
{
    struct dns_fixture *f = *state;
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_true(dns_resolver_hears(f, 0, SOON_US));
    dns_resolver_says(f, 0, DNS_NXDOMAIN);
    assert_string_equal(dns_hear(f, SOON_US), "NXDOMAIN");
    assert_false(dns_resolver_hears(f, 1, NEVER_US));
}

static void test_silence_asks_the_next_and_hears_the_first(void **state)
{
    struct dns_fixture *f = *state;
    const uint64_t asked_us = poll_now_us();
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_true(dns_resolver_hears(f, 0, SOON_US));
    const struct sockaddr_storage asker = f->asker;
    const uint16_t id = dns_id_of(span_of(f->query, f->query_len));
    assert_true(dns_resolver_hears(f, 1, SOON_US));
    assert_true(poll_now_us() - asked_us >= DNS_PATIENCE_US);
    f->asker = asker;
    dns_id_set(span_mut_of(f->query, f->query_len), id);
    dns_resolver_says(f, 0, DNS_NOERROR); /* late, and still good */
    assert_string_equal(dns_hear(f, SOON_US), "A 192.0.2.7");
    dns_resolver_says(f, 1, DNS_NOERROR); /* now nobody waits */
    assert_string_equal(dns_hear(f, NEVER_US), "");
    assert_int_equal(f->fixture.talk_count, 1);
}

static void test_one_resolver_is_asked_again_until_it_is_enough(void **state)
{
    struct dns_fixture *f = *state;
    const uint64_t asked_us = poll_now_us();
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    uint64_t times = 0;
    while (f->fixture.talk_count == 0) times += dns_resolver_hears(f, 0, 0);
    assert_true(poll_now_us() - asked_us >= DNS_GIVE_UP_US);
    assert_true(times > 1 && times <= DNS_GIVE_UP_US / DNS_PATIENCE_US);
    assert_string_equal(dns_hear(f, SOON_US), "SERVFAIL");
    assert_int_equal(only_talk(f)->end, TALK_TIMED_OUT);
}

static void test_without_resolvers_it_fails(void **state)
{
    struct dns_fixture *f = *state;
    dns_ask(f, "example.org", DNS_TYPE_A, 1);
    assert_string_equal(dns_hear(f, SOON_US), "SERVFAIL");
    assert_int_equal(only_talk(f)->end, TALK_UNREACHABLE);
}

static void test_oldest_question_gives_way(void **state)
{
    struct dns_fixture *f = *state;
    struct rlimit limit; /* a question takes a descriptor; most shells allow 1024 at first */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < DNS_ASKS_MAX + 100) {
        print_message("too few descriptors may be open here\n");
        skip();
    }
    dns_ask(f, "gateway.vitro", DNS_TYPE_A, 1); /* the neighbours are known from here on */
    assert_string_equal(dns_hear(f, SOON_US), "A 10.0.2.2");
    f->fixture.talk_count = 0;
    for (uint32_t i = 0; i <= DNS_ASKS_MAX; i++) {
        dns_ask(f, "example.org", DNS_TYPE_A, (uint16_t)i);
        fixture_step(&f->fixture);
        (void)dns_resolver_hears(f, 0, 0);
    }
    assert_string_equal(dns_hear(f, SOON_US), "SERVFAIL");
    assert_int_equal(dns_id_of(span_of(f->answer, f->answer_len)), 0);
    assert_int_equal(only_talk(f)->end, TALK_FAILED);
    assert_int_equal(f->fixture.gateway->stats.refused_by_limit, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ids_and_ports_differ, setup_one, teardown),
        cmocka_unit_test_setup_teardown(test_forged_answers_do_not_count, setup_one, teardown),
        cmocka_unit_test_setup_teardown(test_refused_asks_the_next_at_once, setup_two, teardown),
        cmocka_unit_test_setup_teardown(test_all_refused_is_a_failure_at_once, setup_two, teardown),
        cmocka_unit_test_setup_teardown(test_an_excuse_asks_the_next, setup_two, teardown),
        cmocka_unit_test_setup_teardown(test_no_such_name_is_an_answer, setup_two, teardown),
        cmocka_unit_test_setup_teardown(test_silence_asks_the_next_and_hears_the_first, setup_two,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_one_resolver_is_asked_again_until_it_is_enough,
                                        setup_one, teardown),
        cmocka_unit_test_setup_teardown(test_without_resolvers_it_fails, setup_none, teardown),
        cmocka_unit_test_setup_teardown(test_oldest_question_gives_way, setup_one, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
