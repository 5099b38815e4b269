/*
 * Any bytes as DNS messages: a hostile program's questions and a hostile network's answers. And as
 * texts of resolv.conf and nsswitch.conf, which come from whoever wrote the host's.
 *
 * The first byte says where the input is divided, into a question and what claims to answer it.
 *
 * Properties: nothing is read or written beyond its end; what is parsed lies inside the message; a
 * local answer is an answer to its question, fits, and says what its question asked for; an answer
 * is always an answer to the question in itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/dns_conf.h"
#include "gateway/dns_local.h"
#include "gateway/dns_message.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())

#define TEXT_BYTES_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_addresses(struct policy_addresses *addresses, bool has_ip6)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(addresses, &network, has_ip6);
}

static void check_walk(struct span message, const struct dns_question *question)
{
    struct dns_walk walk;
    struct dns_record record;
    uint32_t count = 0;
    dns_walk_init(&walk, message, question);
    uint32_t before = walk.at;
    while (dns_walk_next(&walk, &record)) {
        REQUIRE(walk.at > before && walk.at <= message.len);
        REQUIRE(record.data.len <= message.len);
        REQUIRE(++count <= question->answers);
        before = walk.at;
    }
}

static void check_message(struct span message)
{
    struct dns_question question;
    char brief[24];
    memset(brief, 'x', sizeof brief);
    dns_brief(message, brief, sizeof brief);
    REQUIRE(memchr(brief, '\0', sizeof brief) != NULL);
    (void)dns_code_text(dns_code_of(message));
    if (!dns_question_parse(message, &question)) return;
    REQUIRE(question.end <= message.len && question.end > DNS_HEADER_BYTES);
    REQUIRE(memchr(question.name, '\0', sizeof question.name) != NULL);
    for (const char *c = question.name; *c != '\0'; c++) REQUIRE(*c > ' ' && *c < 0x7f);
    REQUIRE(dns_is_answer(message, message) == question.is_response);
    check_walk(message, &question);
}

/* Answers it as the name server would. */
static void check_local(struct span query, bool has_ip6)
{
    struct policy_addresses addresses;
    struct dns_question question;
    struct vitro_ip ip;
    uint8_t out[600]; /* the longest question and a little more */
    make_addresses(&addresses, has_ip6);
    if (!dns_question_parse(query, &question)) return;
    (void)!dns_local_reverse(question.name, &ip);
    const size_t len = dns_local_answer(&addresses, query, &question, out, sizeof out);
    REQUIRE(len <= sizeof out);
    if (len == 0) return;
    const struct span answer = span_of(out, len);
    REQUIRE(dns_is_answer(answer, query));
    REQUIRE(dns_id_of(answer) == question.id);
    check_message(answer);
}

static void check_texts(const uint8_t *data, size_t size)
{
    char text[TEXT_BYTES_MAX];
    char out[TEXT_BYTES_MAX / 2];
    struct vitro_endpoint server[GATEWAY_RESOLVERS_MAX];
    struct policy_addresses addresses;
    const size_t len = size_min(size, sizeof text - 1);
    memcpy(text, data, len);
    text[len] = '\0';
    make_addresses(&addresses, true);
    const uint32_t count = dns_read_resolv_conf(text, server);
    REQUIRE(count >= 1 && count <= GATEWAY_RESOLVERS_MAX);
    for (size_t cap = 1; cap <= sizeof out; cap *= 2) {
        REQUIRE(dns_write_resolv_conf(text, &addresses, out, cap) < cap);
        REQUIRE(dns_write_nsswitch(text, out, cap) < cap);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const size_t cut = size_min(data[0], size - 1);
    /* Copies of their exact lengths, so that a byte read too far is found. */
    uint8_t *query = malloc(cut + 1);
    uint8_t *answer = malloc(size - cut);
    REQUIRE(query != NULL && answer != NULL);
    memcpy(query, data + 1, cut);
    memcpy(answer, data + 1 + cut, size - 1 - cut);
    const struct span first = span_of(query, cut);
    const struct span second = span_of(answer, size - 1 - cut);
    check_message(first);
    check_message(second);
    check_local(first, true);
    check_local(second, false);
    (void)dns_is_answer(second, first);
    check_texts(answer, size - 1 - cut);
    free(query);
    free(answer);
    return 0;
}
