/*
 * Reading and writing DNS messages.
 *
 * All reading goes by offsets into the message, each checked against its length before use;
 * UNREADABLE is the offset behind trouble and spoils everything that is computed from it.
 */
#include "gateway/dns_message.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define UNREADABLE UINT32_MAX

#define FLAG_RESPONSE 0x8000u
#define FLAG_AA       0x0400u
#define FLAG_TC       0x0200u
#define FLAG_RD       0x0100u
#define FLAG_RA       0x0080u
#define FLAG_CD       0x0010u
#define FLAGS_OPCODE  0x7800u
#define FLAGS_CODE    0x000fu

#define QUESTION_BYTES   4  /* type and class behind its name */
#define RECORD_BYTES     10 /* type, class, TTL and length behind its name */
#define LABEL_MASK       0xc0u
#define LABEL_MAX        63u
#define NAME_WIRE_MAX    255u /* RFC 1035 3.1 */
#define POINTER_TARGET   0x3fffu
#define POINTER_TO_ASKED 0xc00cu /* the name at the head of the question */

/* Offsets in the header. */
enum { AT_ID = 0, AT_FLAGS = 2, AT_QUESTIONS = 4, AT_ANSWERS = 6, AT_AUTHORITY = 8, AT_MORE = 10 };

static bool has(struct span message, uint32_t at, uint32_t bytes)
{
    return at <= message.len && bytes <= message.len - at;
}

/* What follows the name at `at`. */
static uint32_t skip_name(struct span message, uint32_t at)
{
    while (has(message, at, 1)) {
        const uint8_t label = message.data[at];
        if ((label & LABEL_MASK) == LABEL_MASK) return has(message, at, 2) ? at + 2 : UNREADABLE;
        if ((label & LABEL_MASK) != 0) return UNREADABLE;
        at += 1u + label;
        if (label == 0) return at;
    }
    return UNREADABLE;
}

/* A byte of a label as it is shown and compared. A dot inside a label is none between labels. */
static char shown(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') return (char)(byte - 'A' + 'a');
    return byte > ' ' && byte < 0x7f && byte != '.' ? (char)byte : '?';
}

/* The name at `at`, which must not be compressed: a question has nothing to point back to. */
static uint32_t read_name(struct span message, uint32_t at, char out[DNS_NAME_TEXT_MAX])
{
    struct text text;
    text_init(&text, out, DNS_NAME_TEXT_MAX);
    const uint32_t begin = at;
    while (has(message, at, 1)) {
        const uint8_t label = message.data[at++];
        if (label == 0) return at - begin <= NAME_WIRE_MAX ? at : UNREADABLE;
        if (label > LABEL_MAX || !has(message, at, label)) return UNREADABLE;
        if (text.len > 0) text_add_char(&text, '.');
        for (uint32_t i = 0; i < label; i++) text_add_char(&text, shown(message.data[at + i]));
        at += label;
    }
    return UNREADABLE;
}

/* Whether an OPT record is among the last `count` of all records that follow `at`. */
static bool find_edns(struct span message, uint32_t at)
{
    const uint32_t count = (uint32_t)get_be16(message.data + AT_ANSWERS) +
                           get_be16(message.data + AT_AUTHORITY) + get_be16(message.data + AT_MORE);
    for (uint32_t i = 0; i < count; i++) {
        at = skip_name(message, at);
        if (!has(message, at, RECORD_BYTES)) return false;
        if (get_be16(message.data + at) == DNS_TYPE_OPT) return true;
        at += RECORD_BYTES + (uint32_t)get_be16(message.data + at + 8);
    }
    return false;
}

bool dns_question_parse(struct span message, struct dns_question *question)
{
    *question = (struct dns_question){.id = 0};
    if (message.len < DNS_HEADER_BYTES || message.len > DNS_MESSAGE_BYTES_MAX) return false;
    const uint16_t flags = get_be16(message.data + AT_FLAGS);
    question->id = get_be16(message.data + AT_ID);
    question->is_response = (flags & FLAG_RESPONSE) != 0;
    question->is_truncated = (flags & FLAG_TC) != 0;
    question->opcode = (uint8_t)((flags & FLAGS_OPCODE) >> 11);
    question->code = (enum dns_code)(flags & FLAGS_CODE);
    question->answers = get_be16(message.data + AT_ANSWERS);
    if (get_be16(message.data + AT_QUESTIONS) != 1) return false;
    const uint32_t at = read_name(message, DNS_HEADER_BYTES, question->name);
    if (!has(message, at, QUESTION_BYTES)) return false;
    question->type = get_be16(message.data + at);
    question->class = get_be16(message.data + at + 2);
    question->end = at + QUESTION_BYTES;
    question->has_edns = find_edns(message, question->end);
    return true;
}

/* Whether two stretches are the same but for the case of letters. Lengths of labels are below 64,
 * where no letters are. */
static bool same_without_case(const uint8_t *a, const uint8_t *b, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        const uint32_t x = a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32u : a[i];
        const uint32_t y = b[i] >= 'A' && b[i] <= 'Z' ? b[i] + 32u : b[i];
        if (x != y) return false;
    }
    return true;
}

bool dns_is_answer(struct span answer, struct span query)
{
    struct dns_question asked;
    struct dns_question answered;
    if (!dns_question_parse(query, &asked)) return false;
    if (dns_question_parse(answer, &answered)) {
        return answered.is_response && answered.opcode == asked.opcode &&
               answered.end == asked.end && answered.type == asked.type &&
               answered.class == asked.class &&
               same_without_case(answer.data + DNS_HEADER_BYTES, query.data + DNS_HEADER_BYTES,
                                 asked.end - DNS_HEADER_BYTES - QUESTION_BYTES);
    }
    return answer.len >= DNS_HEADER_BYTES && answered.is_response && answered.code != DNS_NOERROR &&
           get_be16(answer.data + AT_QUESTIONS) == 0;
}

enum dns_code dns_code_of(struct span message)
{
    if (message.len < DNS_HEADER_BYTES) return DNS_FORMERR;
    return (enum dns_code)(get_be16(message.data + AT_FLAGS) & FLAGS_CODE);
}

bool dns_is_excuse(enum dns_code code)
{
    return code == DNS_SERVFAIL || code == DNS_REFUSED || code == DNS_NOTIMP;
}

uint16_t dns_id_of(struct span message)
{
    return message.len >= DNS_HEADER_BYTES ? get_be16(message.data + AT_ID) : 0;
}

void dns_id_set(struct span_mut message, uint16_t id)
{
    if (message.len >= DNS_HEADER_BYTES) put_be16(message.data + AT_ID, id);
}

const char *dns_type_text(uint16_t type, char buffer[16])
{
    static const struct {
        uint16_t type;
        const char *text;
    } known[] = {
        {DNS_TYPE_A, "A"},
        {DNS_TYPE_NS, "NS"},
        {DNS_TYPE_CNAME, "CNAME"},
        {DNS_TYPE_SOA, "SOA"},
        {DNS_TYPE_PTR, "PTR"},
        {DNS_TYPE_MX, "MX"},
        {DNS_TYPE_TXT, "TXT"},
        {DNS_TYPE_AAAA, "AAAA"},
        {DNS_TYPE_SRV, "SRV"},
        {35, "NAPTR"},
        {43, "DS"},
        {44, "SSHFP"},
        {48, "DNSKEY"},
        {52, "TLSA"},
        {64, "SVCB"},
        {65, "HTTPS"},
        {251, "IXFR"},
        {252, "AXFR"},
        {DNS_TYPE_ANY, "ANY"},
        {257, "CAA"},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (known[i].type == type) return known[i].text;
    }
    struct text text;
    text_init(&text, buffer, 16);
    text_addf(&text, "TYPE%u", type);
    return buffer;
}

const char *dns_code_text(enum dns_code code)
{
    switch (code) {
    case DNS_NOERROR: return "NOERROR";
    case DNS_FORMERR: return "FORMERR";
    case DNS_SERVFAIL: return "SERVFAIL";
    case DNS_NXDOMAIN: return "NXDOMAIN";
    case DNS_NOTIMP: return "NOTIMP";
    case DNS_REFUSED: return "REFUSED";
    }
    return "error";
}

void dns_walk_init(struct dns_walk *walk, struct span message, const struct dns_question *question)
{
    *walk = (struct dns_walk){.message = message, .at = question->end, .left = question->answers};
}

bool dns_walk_next(struct dns_walk *walk, struct dns_record *record)
{
    if (walk->left == 0) return false;
    walk->left--;
    const struct span message = walk->message;
    const uint32_t at = skip_name(message, walk->at);
    const uint32_t data_at = at + RECORD_BYTES;
    if (!has(message, at, RECORD_BYTES)) return false;
    const uint32_t data_len = get_be16(message.data + at + 8);
    if (!has(message, data_at, data_len)) return false;
    *record = (struct dns_record){
        .type = get_be16(message.data + at),
        .class = get_be16(message.data + at + 2),
        .data = span_slice(message, data_at, data_len),
    };
    walk->at = data_at + data_len;
    const uint8_t *data = message.data + data_at;
    if (record->type == DNS_TYPE_A && data_len == 4) {
        record->ip = vitro_ip_v4(data[0], data[1], data[2], data[3]);
    } else if (record->type == DNS_TYPE_AAAA && data_len == 16) {
        record->ip = vitro_ip_v6(data);
    } else if (record->type == DNS_TYPE_A || record->type == DNS_TYPE_AAAA) {
        record->type = 0; /* no address is of such a length */
    }
    return true;
}

void dns_brief(struct span answer, char *out, size_t cap)
{
    struct text text;
    struct dns_question question;
    char type[16];
    text_init(&text, out, cap);
    const bool is_readable = dns_question_parse(answer, &question);
    if (question.code != DNS_NOERROR) {
        text_add(&text, dns_code_text(question.code));
        return;
    }
    if (!is_readable) return;
    text_add(&text, dns_type_text(question.type, type));
    struct dns_walk walk;
    struct dns_record record;
    dns_walk_init(&walk, answer, &question);
    bool is_there = false;
    while (dns_walk_next(&walk, &record)) {
        if (record.type != question.type) continue;
        is_there = true;
        if (record.type != DNS_TYPE_A && record.type != DNS_TYPE_AAAA) continue;
        char ip[VITRO_IP_TEXT_MAX];
        (void)vitro_ip_format(&record.ip, ip);
        text_add_char(&text, ' ');
        text_add(&text, ip);
        return;
    }
    if (question.is_truncated) {
        text_add(&text, " truncated");
    } else if (!is_there && question.type != DNS_TYPE_ANY) {
        text_add(&text, " none");
    }
}

void dns_reply_init(struct dns_reply *reply, uint8_t *out, size_t cap, struct span query,
                    const struct dns_question *question, enum dns_code code)
{
    *reply = (struct dns_reply){.out = out, .cap = cap};
    const uint32_t bytes = question != NULL ? question->end : DNS_HEADER_BYTES;
    if (query.len < bytes || cap < bytes) return;
    memcpy(out, query.data, bytes);
    memset(out + AT_QUESTIONS, 0, DNS_HEADER_BYTES - AT_QUESTIONS);
    const uint32_t asked = get_be16(query.data + AT_FLAGS);
    const uint32_t flags = (asked & (FLAGS_OPCODE | FLAG_RD | FLAG_CD)) | FLAG_RESPONSE | FLAG_RA;
    put_be16(out + AT_FLAGS, (uint16_t)(flags | (uint32_t)code));
    put_be16(out + AT_QUESTIONS, question != NULL ? 1 : 0);
    reply->len = bytes;
    reply->question_end = bytes;
}

void dns_reply_authoritative(struct dns_reply *reply)
{
    if (reply->len < DNS_HEADER_BYTES) return;
    const uint32_t flags = get_be16(reply->out + AT_FLAGS);
    put_be16(reply->out + AT_FLAGS, (uint16_t)(flags | FLAG_AA));
}

/* Writes the head of a record behind its name and counts it in the section at `count_at`. False: no
 * room. */
static bool add_record(struct dns_reply *reply, uint32_t count_at, struct span name,
                       const struct dns_record *record, uint32_t ttl_s)
{
    const size_t bytes = name.len + RECORD_BYTES + record->data.len;
    if (reply->len < DNS_HEADER_BYTES || reply->cap - reply->len < bytes) return false;
    uint8_t *to = reply->out + reply->len;
    memcpy(to, name.data, name.len);
    to += name.len;
    put_be16(to, record->type);
    put_be16(to + 2, record->class);
    put_be32(to + 4, ttl_s);
    put_be16(to + 8, (uint16_t)record->data.len);
    if (record->data.len > 0) memcpy(to + RECORD_BYTES, record->data.data, record->data.len);
    reply->len += bytes;
    put_be16(reply->out + count_at, (uint16_t)(get_be16(reply->out + count_at) + 1u));
    return true;
}

void dns_reply_add(struct dns_reply *reply, uint16_t type, uint32_t ttl_s, struct span data)
{
    uint8_t pointer[2];
    put_be16(pointer, POINTER_TO_ASKED);
    const struct dns_record record = {.type = type, .class = DNS_CLASS_IN, .data = data};
    (void)add_record(reply, AT_ANSWERS, span_of(pointer, sizeof pointer), &record, ttl_s);
}

void dns_reply_add_soa(struct dns_reply *reply, const char *name, uint32_t ttl_s)
{
    uint8_t zone[NAME_WIRE_MAX];
    uint8_t data[2 * NAME_WIRE_MAX + 20];
    const size_t zone_len = dns_name_emit(name, zone, sizeof zone);
    if (zone_len == 0) return;
    memcpy(data, zone, zone_len);            /* primary server */
    memcpy(data + zone_len, zone, zone_len); /* who is responsible */
    uint8_t *numbers = data + 2 * zone_len;
    put_be32(numbers, 1);        /* serial */
    put_be32(numbers + 4, 3600); /* refresh, retry, expire: of no use here */
    put_be32(numbers + 8, 3600);
    put_be32(numbers + 12, 3600);
    put_be32(numbers + 16, ttl_s); /* of negative answers (RFC 2308 4) */
    const struct dns_record record = {
        .type = DNS_TYPE_SOA, .class = DNS_CLASS_IN, .data = span_of(data, 2 * zone_len + 20)};
    (void)add_record(reply, AT_AUTHORITY, span_of(zone, zone_len), &record, ttl_s);
}

void dns_reply_add_edns(struct dns_reply *reply, uint16_t bytes)
{
    static const uint8_t root[1] = {0};
    const struct dns_record record = {.type = DNS_TYPE_OPT, .class = bytes};
    (void)add_record(reply, AT_MORE, span_of(root, sizeof root), &record, 0);
}

size_t dns_name_emit(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    while (*text != '\0') {
        const size_t label = strcspn(text, ".");
        if (label == 0 || label > LABEL_MAX || len + label + 2 > size_min(cap, NAME_WIRE_MAX)) {
            return 0;
        }
        out[len++] = (uint8_t)label;
        memcpy(out + len, text, label);
        len += label;
        text += label;
        if (*text == '.') text++;
    }
    if (len + 1 > cap) return 0;
    out[len++] = 0;
    return len;
}
