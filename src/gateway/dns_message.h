/*
 * DNS messages as far as a forwarder needs them: the question, the records of an answer, and short
 * answers of its own.
 *
 * Messages come from the program and from the network, and nothing in them is believed: every
 * function takes any bytes. A name may point back into the message; each pointer must lead further
 * to the front, so that a name is finite.
 *
 * References: RFC 1035 4, RFC 2308 2 (negative answers), RFC 6891 (OPT), RFC 9619 (one question).
 */
#ifndef VITRO_GATEWAY_DNS_MESSAGE_H
#define VITRO_GATEWAY_DNS_MESSAGE_H

#include "base/span.h"
#include "vitro/address.h"

#define DNS_HEADER_BYTES 12
#define DNS_PORT         53

/* A message over TCP, at most; and a name as it is written, with its NUL. */
#define DNS_MESSAGE_BYTES_MAX 65535
#define DNS_NAME_TEXT_MAX     256

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_SRV = 33,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_ANY = 255,
};

#define DNS_CLASS_IN  1
#define DNS_CLASS_ANY 255

enum dns_code {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
};

/* A message with one question. */
struct dns_question {
    uint16_t id;
    uint16_t type, class;
    uint8_t opcode;
    bool is_response;
    bool is_truncated;
    bool has_edns; /* an OPT record is among those behind the question */
    enum dns_code code;
    uint32_t end;                 /* where the question section ends */
    uint16_t answers;             /* records said to be in the answer section */
    char name[DNS_NAME_TEXT_MAX]; /* without final dot, lower case; odd bytes are '?' */
};

/* Reads a message. False: it has no header, another number of questions than one, or a question
 * that cannot be read. What follows the question is not judged. */
WARN_UNUSED bool dns_question_parse(struct span message, struct dns_question *question);

/*
 * Whether `answer` answers `query`: a response, with the same question (names compare without
 * case). One that reports an error may have no question at all. The ID is not looked at.
 */
bool dns_is_answer(struct span answer, struct span query);

/* The response code of a message; DNS_FORMERR if it has no header. */
enum dns_code dns_code_of(struct span message);

/* Whether a resolver says that it cannot: no answer as long as there is another resolver (as the C
 * library has it). */
bool dns_is_excuse(enum dns_code code);

/* Its ID; 0 if it has no header. */
uint16_t dns_id_of(struct span message);

/* Sets the ID of a message that has a header. */
void dns_id_set(struct span_mut message, uint16_t id);

/* The name of a type, "AAAA", or "TYPE65280" in `buffer`. */
const char *dns_type_text(uint16_t type, char buffer[16]);

/* The name of a response code, "NXDOMAIN", or "error" for one that is rare. */
const char *dns_code_text(enum dns_code code);

/* A record of the answer section. */
struct dns_record {
    uint16_t type, class;
    struct span data;
    struct vitro_ip ip; /* of A and AAAA */
};

/* Where a walk through the answer section is. */
struct dns_walk {
    struct span message;
    uint32_t at;
    uint32_t left;
};

/* Begins a walk behind the question. */
void dns_walk_init(struct dns_walk *walk, struct span message, const struct dns_question *question);

/* The next record; false: no more, or not readable. */
bool dns_walk_next(struct dns_walk *walk, struct dns_record *record);

/*
 * An answer in a few words: "A 192.0.2.7" (the first address), "NXDOMAIN", "MX" or "A none"
 * (nothing of that type).
 */
void dns_brief(struct span answer, char *out, size_t cap);

/* An answer that is being written; what does not fit is left out. */
struct dns_reply {
    uint8_t *out;
    size_t cap, len;
    uint32_t question_end;
};

/*
 * Begins an answer to `query`: header, question, no records. `code` is the response code. Without a
 * readable question (`question` NULL; the query has a header) only a header.
 */
void dns_reply_init(struct dns_reply *reply, uint8_t *out, size_t cap, struct span query,
                    const struct dns_question *question, enum dns_code code);

/* Sets that it is ours to say (AA). */
void dns_reply_authoritative(struct dns_reply *reply);

/* Appends a record about the name asked, `data` as it is on the wire, to the answer section. */
void dns_reply_add(struct dns_reply *reply, uint16_t type, uint32_t ttl_s, struct span data);

/* Appends the record that says how long a negative answer holds: an SOA of the zone `name`. */
void dns_reply_add_soa(struct dns_reply *reply, const char *name, uint32_t ttl_s);

/* Appends an OPT record: EDNS version 0, datagrams of up to `bytes`. */
void dns_reply_add_edns(struct dns_reply *reply, uint16_t bytes);

/* Writes "a.b" as a name on the wire; returns its length, 0: not a name or no room. */
size_t dns_name_emit(const char *text, uint8_t *out, size_t cap);

#endif
