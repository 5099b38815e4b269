/*
 * Names below "vitro." and of the addresses of the program's network.
 */
#include "support.h"

#include "base/bytes.h"
#include "gateway/dns_local.h"

struct asked {
    struct policy_addresses addresses;
    uint8_t query[512], answer[1232];
    struct dns_question question;
    struct dns_walk walk;
    struct dns_record record; /* the first of the answer */
    size_t len;               /* 0: not answered here */
    char brief[64];
};

static void ask(struct asked *a, const char *name, uint16_t type)
{
    static const uint8_t header[DNS_HEADER_BYTES] = {0x12, 0x34, 0x01, 0x00, 0, 1};
    memcpy(a->query, header, sizeof header);
    size_t len = sizeof header;
    len += dns_name_emit(name, a->query + len, sizeof a->query - len);
    put_be16(a->query + len, type);
    put_be16(a->query + len + 2, DNS_CLASS_IN);
    const struct span query = span_of(a->query, len + 4);
    assert_true(dns_question_parse(query, &a->question));
    a->len = dns_local_answer(&a->addresses, query, &a->question, a->answer, sizeof a->answer);
    a->brief[0] = '\0';
    a->record = (struct dns_record){.type = 0};
    if (a->len == 0) return;
    const struct span answer = span_of(a->answer, a->len);
    assert_true(dns_is_answer(answer, query));
    dns_brief(answer, a->brief, sizeof a->brief);
    assert_true(dns_question_parse(answer, &a->question));
    dns_walk_init(&a->walk, answer, &a->question);
    (void)!dns_walk_next(&a->walk, &a->record);
}

static void setup(struct asked *a, bool has_ip6)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&a->addresses, &network, has_ip6);
}

static void test_names_have_addresses(void **state)
{
    (void)state;
    struct asked a;
    setup(&a, true);
    ask(&a, "gateway.vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "A 10.0.2.2");
    ask(&a, "DNS.Vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "A 10.0.2.3");
    ask(&a, "demo.vitro", DNS_TYPE_AAAA);
    assert_string_equal(a.brief, "AAAA fd76:6974:726f::4");
    ask(&a, "program.vitro", DNS_TYPE_ANY);
    assert_int_equal(a.question.answers, 2);
    ask(&a, "program.vitro", DNS_TYPE_MX);
    assert_string_equal(a.brief, "MX none");
}

static void test_without_ip6_there_is_no_such_data(void **state)
{
    (void)state;
    struct asked a;
    setup(&a, false);
    ask(&a, "demo.vitro", DNS_TYPE_AAAA);
    assert_string_equal(a.brief, "AAAA none");
    ask(&a, "demo.vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "A 10.0.2.4");
}

static void test_other_names_below_vitro_do_not_exist(void **state)
{
    (void)state;
    struct asked a;
    setup(&a, true);
    ask(&a, "other.vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "NXDOMAIN");
    ask(&a, "x.gateway.vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "NXDOMAIN");
    ask(&a, "vitro", DNS_TYPE_A);
    assert_string_equal(a.brief, "A none");
}

static void test_other_names_are_for_others(void **state)
{
    (void)state;
    struct asked a;
    setup(&a, true);
    static const char *const names[] = {"example.org",           "invitro",
                                        "vitro.example",         "",
                                        "in-addr.arpa",          "2.0.10.in-addr.arpa",
                                        "7.3.0.10.in-addr.arpa", "1.7.2.0.10.in-addr.arpa",
                                        "x.2.0.10.in-addr.arpa", "0256.2.0.10.in-addr.arpa",
                                        "1.0.0.0.ip6.arpa"};
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        ask(&a, names[i], DNS_TYPE_PTR);
        assert_int_equal(a.len, 0);
    }
}

static void test_addresses_have_names(void **state)
{
    (void)state;
    struct asked a;
    setup(&a, true);
    ask(&a, "100.2.0.10.in-addr.arpa", DNS_TYPE_PTR);
    assert_int_equal(a.record.type, DNS_TYPE_PTR);
    assert_memory_equal(a.record.data.data, "\7program\5vitro", 15);
    ask(&a, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.6.2.7.4.7.9.6.6.7.d.f.ip6.arpa",
        DNS_TYPE_PTR);
    assert_string_equal(a.brief, "PTR");
    assert_memory_equal(a.record.data.data, "\7gateway\5vitro", 15);
    ask(&a, "77.2.0.10.in-addr.arpa", DNS_TYPE_PTR);
    assert_string_equal(a.brief, "NXDOMAIN");
    ask(&a, "2.2.0.10.in-addr.arpa", DNS_TYPE_A);
    assert_string_equal(a.brief, "A none");
}

static void test_reads_reverse_names(void **state)
{
    (void)state;
    struct vitro_ip ip;
    const struct vitro_ip v4 = vitro_ip_v4(192, 0, 2, 7);
    assert_true(dns_local_reverse("7.2.0.192.in-addr.arpa", &ip));
    assert_true(vitro_ip_equal(&ip, &v4));
    static const char *const wrong[] = {"256.2.0.192.in-addr.arpa", "7.2..192.in-addr.arpa",
                                        ".2.0.192.in-addr.arpa",    "7.2.0.192.x.in-addr.arpa",
                                        "7.2.0.192xin-addr.arpa",   "ip6.arpa",
                                        "7777.2.0.192.in-addr.arpa"};
    for (uint32_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        assert_false(dns_local_reverse(wrong[i], &ip));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_have_addresses),
        cmocka_unit_test(test_without_ip6_there_is_no_such_data),
        cmocka_unit_test(test_other_names_below_vitro_do_not_exist),
        cmocka_unit_test(test_other_names_are_for_others),
        cmocka_unit_test(test_addresses_have_names),
        cmocka_unit_test(test_reads_reverse_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
