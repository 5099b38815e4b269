/*
 * Heads of answers, and the texts that the services say. Pure.
 */
#ifndef VITRO_GATEWAY_SERVICE_HTTP_ANSWER_H
#define VITRO_GATEWAY_SERVICE_HTTP_ANSWER_H

#include "base/text.h"
#include "gateway/service_http_route.h"

/* The head's fields that are not the same in all answers. */
struct http_answer {
    int status;
    const char *type; /* Content-Type; NULL: there is no body, and no length is said */
    bool is_chunked;  /* the length is not known */
    uint64_t length_bytes;
    uint32_t allow; /* Allow: enum http_method, or-ed; 0: not said */
    bool has_range; /* 206: bytes `first` to `last` of `size_bytes`; 416: of size_bytes */
    uint64_t first, last, size_bytes;
};

/* What the head depends on beside the answer. */
struct http_manners {
    uint8_t minor; /* of the request */
    bool keeps_alive;
    const char *date;
};

/* Adds a whole head with its empty line. */
void http_answer_head(struct text *out, const struct http_answer *answer,
                      const struct http_manners *manners);

/* The reason phrase of a status, "Not Found"; "Status" for one without a name of its own. */
const char *http_answer_reason(uint32_t status);

/* A sentence for the user about a request that is refused with this status. */
const char *http_answer_refusal(uint32_t status);

/* The page at /, HTML. */
extern const char http_answer_page[];

#endif
