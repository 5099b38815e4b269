/*
 * DNS questions in the table.
 *
 * An address is learnt by the name that was asked for, not by the one at the end of a chain of
 * aliases: the first is what the program's user knows.
 */
#include "gateway/dns_talk.h"

#include "base/text.h"
#include "gateway/names.h"

static void set_text(char *out, size_t cap, const char *words)
{
    struct text text;
    text_init(&text, out, cap);
    text_add(&text, words);
}

void dns_talk_begin(struct gateway *gateway, struct talk *talk, const struct vitro_flow *flow,
                    const struct dns_question *question, uint32_t len_bytes, uint64_t now_us)
{
    char type[16];
    gateway_talk_begin(gateway, talk, TALK_DNS, &flow->remote, &flow->local, now_us);
    set_text(talk->name, sizeof talk->name, question->name[0] != '\0' ? question->name : ".");
    set_text(talk->detail, sizeof talk->detail, dns_type_text(question->type, type));
    talk->bytes_out = len_bytes;
    talk->packets_out = 1;
}

static void learn(struct gateway *gateway, struct span answer)
{
    struct dns_question question;
    if (!dns_question_parse(answer, &question) || question.code != DNS_NOERROR) return;
    struct dns_walk walk;
    struct dns_record record;
    dns_walk_init(&walk, answer, &question);
    while (dns_walk_next(&walk, &record)) {
        if (record.class != DNS_CLASS_IN) continue;
        if (record.type != DNS_TYPE_A && record.type != DNS_TYPE_AAAA) continue;
        names_learn(gateway->names, &record.ip, question.name);
    }
}

static void count_answer(struct talk *talk, struct span answer)
{
    talk->bytes_in += answer.len;
    talk->packets_in++;
    dns_brief(answer, talk->detail, sizeof talk->detail);
}

void dns_talk_answered(struct gateway *gateway, struct talk *talk, struct span answer,
                       uint64_t now_us)
{
    count_answer(talk, answer);
    learn(gateway, answer);
    const bool is_refused = dns_code_of(answer) == DNS_REFUSED;
    gateway_talk_end(gateway, talk, is_refused ? TALK_REFUSED : TALK_ANSWERED, TALK_PEER, 0,
                     now_us);
}

void dns_talk_failed(struct gateway *gateway, struct talk *talk, struct span answer, int error,
                     uint64_t now_us)
{
    count_answer(talk, answer);
    gateway_talk_end(gateway, talk, talk_end_of_error(error), TALK_GATEWAY, error, now_us);
}
