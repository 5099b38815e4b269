/*
 * DNS questions in the table, and what addresses are called afterwards.
 */
#include "support.h"

#include <errno.h>

#include "base/bytes.h"
#include "gateway/dns_talk.h"
#include "gateway_fixture.h"

struct stage {
    struct gateway_fixture fixture;
    struct talk talk;
    uint8_t query[512], answer[512];
    size_t query_len;
    struct dns_question question;
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    fixture_setup(&s->fixture, NULL);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    fixture_teardown(&s->fixture);
    free(s);
    return 0;
}

static void begin(struct stage *s, const char *name, uint16_t type)
{
    static const uint8_t header[DNS_HEADER_BYTES] = {0, 1, 1, 0, 0, 1};
    const struct vitro_flow flow = {.remote = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 100), 4000),
                                    .local = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 3), 53)};
    memcpy(s->query, header, sizeof header);
    s->query_len = sizeof header;
    s->query_len += dns_name_emit(name, s->query + s->query_len, 400);
    put_be16(s->query + s->query_len, type);
    put_be16(s->query + s->query_len + 2, DNS_CLASS_IN);
    s->query_len += 4;
    assert_true(dns_question_parse(span_of(s->query, s->query_len), &s->question));
    dns_talk_begin(s->fixture.gateway, &s->talk, &flow, &s->question, (uint32_t)s->query_len, 5);
}

static struct dns_reply reply(struct stage *s, enum dns_code code)
{
    struct dns_reply r;
    dns_reply_init(&r, s->answer, sizeof s->answer, span_of(s->query, s->query_len), &s->question,
                   code);
    return r;
}

/* As long as DNS has them: what is cut looks like another name. */
static void test_long_names_are_kept_whole(void **state)
{
    struct stage *s = *state;
    char name[254];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (size_t dot = 63; dot < sizeof name - 1; dot += 64) name[dot] = '.';
    begin(s, name, DNS_TYPE_PTR);
    assert_string_equal(s->talk.name, name);
    const struct vitro_ip ip = vitro_ip_v4(192, 0, 2, 9);
    names_learn(s->fixture.gateway->names, &ip, name);
    assert_string_equal(names_find(s->fixture.gateway->names, &ip), name);
}

static void test_addresses_are_learnt_by_the_name_asked(void **state)
{
    struct stage *s = *state;
    static const uint8_t alias[] = {3, 'c', 'd', 'n', 0xc0, 12};
    const struct vitro_ip first = vitro_ip_v4(192, 0, 2, 7);
    const struct vitro_ip second = vitro_ip_v4(192, 0, 2, 8);
    begin(s, "Www.example.org", DNS_TYPE_A);
    assert_string_equal(s->talk.name, "www.example.org");
    assert_string_equal(s->talk.detail, "A");
    assert_int_equal(s->talk.kind, TALK_DNS);
    struct dns_reply r = reply(s, DNS_NOERROR);
    dns_reply_add(&r, DNS_TYPE_CNAME, 5, span_of(alias, sizeof alias));
    dns_reply_add(&r, DNS_TYPE_A, 5, span_of(first.bytes + 12, 4));
    dns_reply_add(&r, DNS_TYPE_A, 5, span_of(second.bytes + 12, 4));
    dns_talk_answered(s->fixture.gateway, &s->talk, span_of(s->answer, r.len), 9);
    const struct talk *talk = &s->fixture.talks[0];
    assert_int_equal(s->fixture.talk_count, 1);
    assert_int_equal(talk->end, TALK_ANSWERED);
    assert_int_equal(talk->ended_us - talk->begun_us, 4);
    assert_string_equal(talk->detail, "A 192.0.2.7");
    assert_int_equal(talk->bytes_out, s->query_len);
    assert_int_equal(talk->bytes_in, r.len);
    assert_string_equal(names_find(s->fixture.gateway->names, &first), "www.example.org");
    assert_string_equal(names_find(s->fixture.gateway->names, &second), "www.example.org");
}

static void test_an_error_teaches_nothing(void **state)
{
    struct stage *s = *state;
    const struct vitro_ip ip = vitro_ip_v4(192, 0, 2, 7);
    begin(s, "", DNS_TYPE_NS);
    assert_string_equal(s->talk.name, ".");
    struct dns_reply r = reply(s, DNS_NXDOMAIN);
    dns_reply_add(&r, DNS_TYPE_A, 5, span_of(ip.bytes + 12, 4));
    dns_talk_answered(s->fixture.gateway, &s->talk, span_of(s->answer, r.len), 9);
    assert_null(names_find(s->fixture.gateway->names, &ip));
    assert_string_equal(s->fixture.talks[0].detail, "NXDOMAIN");
    dns_talk_answered(s->fixture.gateway, &s->talk, span_of(s->answer, 3), 9);
}

static void test_failures_say_why(void **state)
{
    struct stage *s = *state;
    static const struct {
        int error;
        enum talk_end end;
    } cases[] = {
        {ETIMEDOUT, TALK_TIMED_OUT},
        {ECONNREFUSED, TALK_REFUSED},
        {ENETUNREACH, TALK_UNREACHABLE},
        {EMFILE, TALK_FAILED},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++) {
        begin(s, "example.org", DNS_TYPE_A);
        const struct dns_reply r = reply(s, DNS_SERVFAIL);
        dns_talk_failed(s->fixture.gateway, &s->talk, span_of(s->answer, r.len), cases[i].error, 9);
        assert_int_equal(s->fixture.talks[i].end, cases[i].end);
        assert_int_equal(s->fixture.talks[i].error, cases[i].error);
        assert_int_equal(s->fixture.talks[i].ended_by, TALK_GATEWAY);
        assert_string_equal(s->fixture.talks[i].detail, "SERVFAIL");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_names_are_kept_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses_are_learnt_by_the_name_asked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_error_teaches_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures_say_why, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
