/*
 * ICMPv4 messages.
 *
 * The second word of the header means something else for every type. parse_word() and
 * emit_word() are the two places that know, and mirror each other line by line. Types without a
 * case keep the second word as the beginning of their data.
 *
 * References: RFC 792, RFC 1191 4, RFC 1122 3.2.2.
 */
#include "wire/icmp4.h"

#include "wire/checksum.h"

#define ICMP4_FIXED_BYTES 4 /* type, code, checksum */

/* True when the type has a second word and data behind it. */
static bool has_word(uint8_t type)
{
    return icmp4_type_is_error(type) || type == ICMP4_ECHO_REQUEST || type == ICMP4_ECHO_REPLY;
}

static bool has_mtu(const struct icmp4_repr *repr)
{
    return repr->type == ICMP4_UNREACHABLE && repr->code == ICMP4_FRAGMENTATION_NEEDED;
}

static void parse_word(struct icmp4_repr *repr, const uint8_t *h)
{
    switch (repr->type) {
    case ICMP4_ECHO_REQUEST:
    case ICMP4_ECHO_REPLY:
        repr->id = icmp4_header_id(h);
        repr->sequence = icmp4_header_sequence(h);
        break;
    case ICMP4_UNREACHABLE:
        if (has_mtu(repr)) repr->mtu_bytes = icmp4_header_mtu(h);
        break;
    case ICMP4_PARAMETER_PROBLEM: repr->pointer = icmp4_header_pointer(h); break;
    case ICMP4_REDIRECT: repr->gateway = icmp4_header_gateway(h); break;
    default: break;
    }
}

static void emit_word(const struct icmp4_repr *repr, uint8_t *h)
{
    put_be32(h + 4, 0);
    switch (repr->type) {
    case ICMP4_ECHO_REQUEST:
    case ICMP4_ECHO_REPLY:
        put_be16(h + 4, repr->id);
        put_be16(h + 6, repr->sequence);
        break;
    case ICMP4_UNREACHABLE:
        if (has_mtu(repr)) put_be16(h + 6, repr->mtu_bytes);
        break;
    case ICMP4_PARAMETER_PROBLEM: h[4] = repr->pointer; break;
    case ICMP4_REDIRECT: put_be32(h + 4, ip_addr_v4(&repr->gateway)); break;
    default: break;
    }
}

static uint32_t data_offset(uint8_t type)
{
    return has_word(type) ? ICMP4_HEADER_BYTES : ICMP4_FIXED_BYTES;
}

enum wire_status icmp4_parse(struct icmp4_repr *repr, struct span message)
{
    if (message.len < ICMP4_HEADER_BYTES) return WIRE_TRUNCATED;
    if (!checksum_is_good(checksum_add(0, message))) return WIRE_BAD_CHECKSUM;
    const uint8_t *h = message.data;
    *repr = (struct icmp4_repr){
        .type = icmp4_header_type(h),
        .code = icmp4_header_code(h),
        .data = span_from(message, data_offset(icmp4_header_type(h))),
    };
    parse_word(repr, h);
    return WIRE_OK;
}

uint32_t icmp4_emit_len(const struct icmp4_repr *repr)
{
    return data_offset(repr->type) + (uint32_t)repr->data.len;
}

void icmp4_emit(const struct icmp4_repr *repr, struct span_mut out)
{
    const uint32_t len = icmp4_emit_len(repr);
    const uint32_t offset = data_offset(repr->type);
    ASSERT(out.len >= len && len >= ICMP4_HEADER_BYTES);
    uint8_t *h = out.data;
    h[0] = repr->type;
    h[1] = repr->code;
    put_be16(h + 2, 0);
    if (has_word(repr->type)) emit_word(repr, h);
    if (repr->data.len > 0) memcpy(h + offset, repr->data.data, repr->data.len);
    put_be16(h + 2, checksum_finish(checksum_add(0, span_of(h, len))));
}
