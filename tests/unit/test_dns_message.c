/*
 * DNS messages: what is read, what is refused, what is written.
 */
#include "support.h"

#include "base/bytes.h"
#include "gateway/dns_message.h"

/* A query for `name`; returns its length. */
static size_t make_query(const char *name, uint16_t type, uint8_t *out, size_t cap)
{
    static const uint8_t header[DNS_HEADER_BYTES] = {0x12, 0x34, 0x01, 0x00, 0, 1};
    memcpy(out, header, sizeof header);
    size_t len = sizeof header;
    len += dns_name_emit(name, out + len, cap - len);
    put_be16(out + len, type);
    put_be16(out + len + 2, DNS_CLASS_IN);
    return len + 4;
}

static void test_reads_a_question(void **state)
{
    (void)state;
    uint8_t query[512];
    struct dns_question question;
    const size_t len = make_query("WWW.Example.org", DNS_TYPE_AAAA, query, sizeof query);
    assert_true(dns_question_parse(span_of(query, len), &question));
    assert_string_equal(question.name, "www.example.org");
    assert_int_equal(question.id, 0x1234);
    assert_int_equal(question.type, DNS_TYPE_AAAA);
    assert_int_equal(question.class, DNS_CLASS_IN);
    assert_int_equal(question.end, len);
    assert_false(question.is_response);
    assert_false(question.has_edns);
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(dns_question_parse(span_of(query, cut), &question));
    }
}

static void test_odd_bytes_of_a_name_are_marked(void **state)
{
    (void)state;
    uint8_t query[64];
    struct dns_question question;
    const size_t len = make_query("abcd", DNS_TYPE_A, query, sizeof query);
    query[13] = '.';
    query[14] = 0x1b;
    query[15] = 0xff;
    assert_true(dns_question_parse(span_of(query, len), &question));
    assert_string_equal(question.name, "???d");
}

static void test_refuses_pointers_and_long_names_in_questions(void **state)
{
    (void)state;
    struct dns_question question;
    uint8_t query[DNS_HEADER_BYTES + 400] = {0, 1, 1, 0, 0, 1};
    query[12] = 0xc0;
    query[13] = 12; /* a pointer to itself */
    assert_false(dns_question_parse(span_of(query, 18), &question));
    for (uint32_t i = 0; i < 5; i++) query[12 + 64 * i] = 63;
    query[12 + 64 * 5] = 0;
    assert_false(dns_question_parse(span_of(query, sizeof query), &question));
    query[12 + 64 * 3] = 0;
    assert_true(dns_question_parse(span_of(query, sizeof query), &question));
    put_be16(query + 4, 2);
    assert_false(dns_question_parse(span_of(query, sizeof query), &question));
}

/* An answer with an alias and two addresses, names compressed. */
static size_t make_answer(const uint8_t *query, size_t query_len, uint8_t *out, size_t cap)
{
    struct dns_question question;
    struct dns_reply reply;
    static const uint8_t alias[] = {1, 'x', 0xc0, 12};
    static const uint8_t first[] = {192, 0, 2, 7};
    static const uint8_t second[] = {192, 0, 2, 8};
    const struct span bytes = span_of(query, query_len);
    assert_true(dns_question_parse(bytes, &question));
    dns_reply_init(&reply, out, cap, bytes, &question, DNS_NOERROR);
    dns_reply_add(&reply, DNS_TYPE_CNAME, 5, span_of(alias, sizeof alias));
    dns_reply_add(&reply, DNS_TYPE_A, 5, span_of(first, sizeof first));
    dns_reply_add(&reply, DNS_TYPE_A, 5, span_of(second, sizeof second));
    dns_reply_add_edns(&reply, 1232);
    return reply.len;
}

static void test_writes_and_walks_an_answer(void **state)
{
    (void)state;
    uint8_t query[64];
    uint8_t answer[512];
    struct dns_question question;
    struct dns_walk walk;
    struct dns_record record;
    char brief[64];
    const size_t query_len = make_query("a.example", DNS_TYPE_A, query, sizeof query);
    const size_t len = make_answer(query, query_len, answer, sizeof answer);
    assert_true(dns_question_parse(span_of(answer, len), &question));
    assert_true(question.is_response && question.has_edns);
    assert_int_equal(question.answers, 3);
    dns_walk_init(&walk, span_of(answer, len), &question);
    assert_true(dns_walk_next(&walk, &record));
    assert_int_equal(record.type, DNS_TYPE_CNAME);
    assert_true(dns_walk_next(&walk, &record));
    const struct vitro_ip ip = vitro_ip_v4(192, 0, 2, 7);
    assert_true(vitro_ip_equal(&record.ip, &ip));
    assert_true(dns_walk_next(&walk, &record));
    assert_false(dns_walk_next(&walk, &record));
    dns_brief(span_of(answer, len), brief, sizeof brief);
    assert_string_equal(brief, "A 192.0.2.7");
    for (size_t cut = 0; cut < len; cut++) {
        dns_brief(span_of(answer, cut), brief, sizeof brief);
        if (!dns_question_parse(span_of(answer, cut), &question)) continue;
        dns_walk_init(&walk, span_of(answer, cut), &question);
        while (dns_walk_next(&walk, &record)) assert_true(walk.at <= cut);
    }
}

static void test_address_of_a_wrong_length_is_none(void **state)
{
    (void)state;
    uint8_t query[64];
    uint8_t answer[512];
    struct dns_question question;
    struct dns_reply reply;
    char brief[64];
    const size_t len = make_query("a.example", DNS_TYPE_A, query, sizeof query);
    assert_true(dns_question_parse(span_of(query, len), &question));
    dns_reply_init(&reply, answer, sizeof answer, span_of(query, len), &question, DNS_NOERROR);
    dns_reply_add(&reply, DNS_TYPE_A, 5, span_of(query, 5));
    dns_brief(span_of(answer, reply.len), brief, sizeof brief);
    assert_string_equal(brief, "A none");
}

static void test_knows_an_answer(void **state)
{
    (void)state;
    uint8_t query[64];
    uint8_t other[64];
    uint8_t answer[512];
    const size_t query_len = make_query("a.example", DNS_TYPE_A, query, sizeof query);
    const size_t len = make_answer(query, query_len, answer, sizeof answer);
    const struct span asked = span_of(query, query_len);
    assert_true(dns_is_answer(span_of(answer, len), asked));
    assert_false(dns_is_answer(asked, asked)); /* a question is no answer */
    answer[13] = 'A';
    assert_true(dns_is_answer(span_of(answer, len), asked)); /* case does not matter */
    answer[13] = 'b';
    assert_false(dns_is_answer(span_of(answer, len), asked));
    answer[13] = 'a';
    const size_t other_len = make_query("a.example", DNS_TYPE_MX, other, sizeof other);
    assert_false(dns_is_answer(span_of(answer, len), span_of(other, other_len)));
    for (size_t cut = 0; cut < query_len; cut++) {
        assert_false(dns_is_answer(span_of(answer, cut), asked));
    }
}

static void test_an_error_may_come_without_question(void **state)
{
    (void)state;
    uint8_t query[64];
    uint8_t answer[DNS_HEADER_BYTES];
    struct dns_reply reply;
    char brief[64];
    const size_t len = make_query("a.example", DNS_TYPE_A, query, sizeof query);
    const struct span asked = span_of(query, len);
    dns_reply_init(&reply, answer, sizeof answer, asked, NULL, DNS_REFUSED);
    assert_int_equal(reply.len, DNS_HEADER_BYTES);
    assert_true(dns_is_answer(span_of(answer, reply.len), asked));
    dns_brief(span_of(answer, reply.len), brief, sizeof brief);
    assert_string_equal(brief, "REFUSED");
    dns_reply_init(&reply, answer, sizeof answer, asked, NULL, DNS_NOERROR);
    assert_false(dns_is_answer(span_of(answer, reply.len), asked));
    assert_int_equal(dns_id_of(asked), 0x1234);
    dns_id_set(span_mut_of(query, len), 0xbeef);
    assert_int_equal(dns_id_of(asked), 0xbeef);
    assert_int_equal(dns_id_of(span_of(query, 3)), 0);
}

static void test_a_reply_without_room_stays_whole(void **state)
{
    (void)state;
    uint8_t query[64];
    struct dns_question question;
    const size_t len = make_query("a.example", DNS_TYPE_A, query, sizeof query);
    assert_true(dns_question_parse(span_of(query, len), &question));
    for (size_t cap = 0; cap < 200; cap++) {
        uint8_t answer[200];
        struct dns_reply reply;
        memset(answer, 0xee, sizeof answer);
        dns_reply_init(&reply, answer, cap, span_of(query, len), &question, DNS_NXDOMAIN);
        dns_reply_authoritative(&reply);
        dns_reply_add(&reply, DNS_TYPE_A, 1, span_of(query, 4));
        dns_reply_add_soa(&reply, "example", 60);
        dns_reply_add_edns(&reply, 512);
        assert_true(reply.len <= cap);
        for (size_t i = cap; i < sizeof answer; i++) assert_int_equal(answer[i], 0xee);
    }
}

static void test_names_and_words(void **state)
{
    (void)state;
    uint8_t wire[300];
    char buffer[16];
    char label[80];
    assert_int_equal(dns_name_emit("", wire, sizeof wire), 1);
    assert_int_equal(dns_name_emit("a.bc", wire, sizeof wire), 6);
    assert_int_equal(dns_name_emit("a..bc", wire, sizeof wire), 0);
    assert_int_equal(dns_name_emit(".", wire, sizeof wire), 0);
    assert_int_equal(dns_name_emit("a.bc", wire, 5), 0);
    memset(label, 'x', 64);
    label[64] = '\0';
    assert_int_equal(dns_name_emit(label, wire, sizeof wire), 0);
    assert_string_equal(dns_type_text(DNS_TYPE_AAAA, buffer), "AAAA");
    assert_string_equal(dns_type_text(65280, buffer), "TYPE65280");
    assert_string_equal(dns_code_text(DNS_SERVFAIL), "SERVFAIL");
    assert_string_equal(dns_code_text((enum dns_code)9), "error");
}

static void test_excuses(void **state)
{
    (void)state;
    assert_true(dns_is_excuse(DNS_SERVFAIL));
    assert_true(dns_is_excuse(DNS_REFUSED));
    assert_true(dns_is_excuse(DNS_NOTIMP));
    assert_false(dns_is_excuse(DNS_NOERROR));
    assert_false(dns_is_excuse(DNS_NXDOMAIN));
    assert_false(dns_is_excuse(DNS_FORMERR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_question),
        cmocka_unit_test(test_odd_bytes_of_a_name_are_marked),
        cmocka_unit_test(test_refuses_pointers_and_long_names_in_questions),
        cmocka_unit_test(test_writes_and_walks_an_answer),
        cmocka_unit_test(test_address_of_a_wrong_length_is_none),
        cmocka_unit_test(test_knows_an_answer),
        cmocka_unit_test(test_an_error_may_come_without_question),
        cmocka_unit_test(test_a_reply_without_room_stays_whole),
        cmocka_unit_test(test_names_and_words),
        cmocka_unit_test(test_excuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
