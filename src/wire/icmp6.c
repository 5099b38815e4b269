/*
 * ICMPv6 messages.
 *
 * As in icmp4.c, parse_word() and emit_word() are the two places that know what the second word
 * means, and types without a case keep it as the beginning of their data.
 *
 * References: RFC 4443 2.1, 2.3 (checksum), 3 and 4.
 */
#include "wire/icmp6.h"

#include "wire/checksum.h"
#include "wire/ip_proto.h"

#define ICMP6_FIXED_BYTES 4 /* type, code, checksum */

/* True when the type has a second word and data behind it. */
static bool has_word(uint8_t type)
{
    return (type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER_PROBLEM) ||
           type == ICMP6_ECHO_REQUEST || type == ICMP6_ECHO_REPLY;
}

static void parse_word(struct icmp6_repr *repr, const uint8_t *h)
{
    switch (repr->type) {
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        repr->id = icmp6_header_id(h);
        repr->sequence = icmp6_header_sequence(h);
        break;
    case ICMP6_PACKET_TOO_BIG: repr->mtu_bytes = icmp6_header_mtu(h); break;
    case ICMP6_PARAMETER_PROBLEM: repr->pointer = icmp6_header_pointer(h); break;
    default: break;
    }
}

static void emit_word(const struct icmp6_repr *repr, uint8_t *h)
{
    put_be32(h + 4, 0);
    switch (repr->type) {
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        put_be16(h + 4, repr->id);
        put_be16(h + 6, repr->sequence);
        break;
    case ICMP6_PACKET_TOO_BIG: put_be32(h + 4, repr->mtu_bytes); break;
    case ICMP6_PARAMETER_PROBLEM: put_be32(h + 4, repr->pointer); break;
    default: break;
    }
}

static uint32_t data_offset(uint8_t type)
{
    return has_word(type) ? ICMP6_HEADER_BYTES : ICMP6_FIXED_BYTES;
}

/* The sum of a message and its pseudo header. */
static uint32_t sum_message(struct span message, const struct ip_addr *src,
                            const struct ip_addr *dst)
{
    return checksum_add(checksum_pseudo(src, dst, IP_PROTO_ICMP6, (uint32_t)message.len), message);
}

enum wire_status icmp6_parse(struct icmp6_repr *repr, struct span message,
                             const struct ip_addr *src, const struct ip_addr *dst)
{
    if (message.len < ICMP6_HEADER_BYTES) return WIRE_TRUNCATED;
    if (!checksum_is_good(sum_message(message, src, dst))) return WIRE_BAD_CHECKSUM;
    const uint8_t *h = message.data;
    *repr = (struct icmp6_repr){
        .type = icmp6_header_type(h),
        .code = icmp6_header_code(h),
        .data = span_from(message, data_offset(icmp6_header_type(h))),
    };
    parse_word(repr, h);
    return WIRE_OK;
}

uint32_t icmp6_emit_len(const struct icmp6_repr *repr)
{
    return data_offset(repr->type) + (uint32_t)repr->data.len;
}

void icmp6_emit(const struct icmp6_repr *repr, struct span_mut out, const struct ip_addr *src,
                const struct ip_addr *dst)
{
    const uint32_t len = icmp6_emit_len(repr);
    const uint32_t offset = data_offset(repr->type);
    ASSERT(out.len >= len && len >= ICMP6_HEADER_BYTES);
    uint8_t *h = out.data;
    h[0] = repr->type;
    h[1] = repr->code;
    put_be16(h + 2, 0);
    if (has_word(repr->type)) emit_word(repr, h);
    if (repr->data.len > 0) memcpy(h + offset, repr->data.data, repr->data.len);
    put_be16(h + 2, checksum_finish(sum_message(span_of(h, len), src, dst)));
}
