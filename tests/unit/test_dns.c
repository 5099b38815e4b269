/*
 * The name server as the program meets it, by UDP.
 */
#include "support.h"

#include "base/bytes.h"
#include "dns_fixture.h"
#include "gateway/dns.h"
#include "gateway/dns_forward.h"
#include "gateway/names.h"

#define SOON_US 5000000u

static int setup(void **state)
{
    *state = dns_setup(1);
    return 0;
}

static int teardown(void **state)
{
    dns_teardown(*state);
    return 0;
}

static void test_names_of_our_own_need_no_resolver(void **state)
{
    struct dns_fixture *f = *state;
    dns_ask(f, "gateway.vitro", DNS_TYPE_A, 7);
    assert_string_equal(dns_hear(f, SOON_US), "A 10.0.2.2");
    assert_int_equal(dns_id_of(span_of(f->answer, f->answer_len)), 7);
    dns_ask(f, "nobody.vitro", DNS_TYPE_A, 8);
    assert_string_equal(dns_hear(f, SOON_US), "NXDOMAIN");
    assert_false(dns_resolver_hears(f, 0, 0));
    assert_int_equal(f->fixture.talk_count, 2);
    assert_int_equal(f->fixture.talks[0].kind, TALK_DNS);
    assert_string_equal(f->fixture.talks[0].name, "gateway.vitro");
    assert_string_equal(f->fixture.talks[0].detail, "A 10.0.2.2");
    assert_int_equal(f->fixture.talks[1].end, TALK_ANSWERED);
}

static void test_over_ip6(void **state)
{
    struct dns_fixture *f = *state;
    f->server.remote.ip = f->fixture.gateway->config.policy.addresses.dns[1];
    dns_ask(f, "demo.vitro", DNS_TYPE_AAAA, 7);
    assert_string_equal(dns_hear(f, SOON_US), "AAAA fd76:6974:726f::4");
}

static void test_others_are_asked_of_the_resolver(void **state)
{
    struct dns_fixture *f = *state;
    const struct vitro_ip ip = vitro_ip_v4(192, 0, 2, 7);
    dns_ask(f, "www.Example.org", DNS_TYPE_A, 0x4321);
    assert_true(dns_resolver_hears(f, 0, SOON_US));
    uint8_t sent[512];
    const size_t len = dns_query(sent, sizeof sent, "www.Example.org", DNS_TYPE_A, 0x4321);
    assert_int_equal(f->query_len, len);
    assert_memory_equal(f->query + 2, sent + 2, len - 2); /* as it was, but for the ID */
    dns_resolver_says(f, 0, DNS_NOERROR);
    assert_string_equal(dns_hear(f, SOON_US), "A 192.0.2.7");
    assert_int_equal(dns_id_of(span_of(f->answer, f->answer_len)), 0x4321);
    assert_string_equal(names_find(f->fixture.gateway->names, &ip), "www.example.org");
}

/* Sends bytes as a question; the gateway must live on. */
static void ask_raw(struct dns_fixture *f, const void *data, size_t len)
{
    assert_int_equal(
        vitro_udp_send(f->fixture.program, f->socket, &f->server, data, len, poll_now_us()), len);
}

static void test_what_is_no_question(void **state)
{
    struct dns_fixture *f = *state;
    static uint8_t data[DNS_QUERY_BYTES_MAX + 1] = {0, 9, 1, 0, 0, 2};
    ask_raw(f, data, 11); /* no header: silence */
    ask_raw(f, data, 30);
    assert_string_equal(dns_hear(f, SOON_US), "FORMERR");
    put_be16(data + 4, 1);
    put_be16(data + 2, 0x8100); /* an answer: silence */
    ask_raw(f, data, 30);
    put_be16(data + 2, 0x0100);
    ask_raw(f, data, sizeof data); /* too long */
    assert_string_equal(dns_hear(f, SOON_US), "FORMERR");
    assert_int_equal(f->answer_len, DNS_HEADER_BYTES);
    assert_string_equal(dns_hear(f, 50000), "");
    assert_int_equal(f->fixture.talk_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_of_our_own_need_no_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(test_over_ip6, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_are_asked_of_the_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_question, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
