/*
 * The options of an IPv4 header, which -v lists.
 *
 * References: RFC 791 3.1, RFC 2113 (router alert).
 */
#include "observe/print_layer.h"
#include "wire/ip4.h"

#define ROUTE_MIN_BYTES    3
#define ROUTE_POINTER_MIN  4
#define STAMP_MIN_BYTES    4
#define STAMP_POINTER_MIN  5
#define STAMP_ONLY         0
#define STAMP_ADDRESS      1
#define STAMP_PRESPECIFIED 3

static const struct print_word option_names[] = {
    {IP4_OPTION_END, "EOL"},
    {IP4_OPTION_NOP, "NOP"},
    {IP4_OPTION_TIMESTAMP, "timestamp"},
    {130, "security"},
    {IP4_OPTION_RECORD_ROUTE, "RR"},
    {IP4_OPTION_STRICT_ROUTE, "SSRR"},
    {IP4_OPTION_LOOSE_ROUTE, "LSRR"},
    {IP4_OPTION_ROUTER_ALERT, "RA"},
    {IP4_OPTION_TRACEROUTE, "traceroute"},
    {0, NULL},
};

static void print_bad_stamp(struct print *p, const char *what, uint32_t value)
{
    PRINT(p, "[bad ");
    print_string(p, what);
    PRINT(p, " ");
    print_u32(p, value);
    PRINT(p, "]");
}

static void print_bad(struct print *p, const char *what, uint32_t value)
{
    PRINT(p, " ");
    print_bad_stamp(p, what, value);
}

/* Addresses of a recorded or prescribed route; a comma follows those the packet has passed. */
static void print_route(struct print *p, uint32_t at, uint32_t len)
{
    if (len < ROUTE_MIN_BYTES) {
        print_bad(p, "length", len);
        return;
    }
    if ((len + 1) % 4 != 0) print_bad(p, "length", len);
    const uint32_t pointer = print_get_u8(p, at + 2u) - 1u;
    if (pointer < ROUTE_POINTER_MIN - 1 || (pointer + 1) % 4 != 0) {
        print_bad(p, "ptr", (uint8_t)(pointer + 1));
    }
    for (uint32_t i = ROUTE_MIN_BYTES; i < len; i += 4) {
        PRINT(p, " ");
        const uint8_t *address = print_need(p, at + i, 4);
        if (address == NULL) return;
        print_ip4_addr(p, address);
        if (pointer > i) PRINT(p, ",");
    }
}

static void print_stamps(struct print *p, uint32_t at, uint32_t len)
{
    if (len < STAMP_MIN_BYTES) {
        print_bad(p, "length", len);
        return;
    }
    PRINT(p, " TS{");
    const uint8_t flags = print_get_u8(p, at + 3);
    uint32_t hop_bytes = (flags & 0xf) == STAMP_ONLY ? 4 : 8;
    if ((len - STAMP_MIN_BYTES) % hop_bytes != 0) print_bad_stamp(p, "length", len);
    const uint32_t pointer = print_get_u8(p, at + 2u) - 1u;
    if (pointer < STAMP_POINTER_MIN - 1 || (pointer + 1 - STAMP_POINTER_MIN) % hop_bytes != 0) {
        print_bad_stamp(p, "ptr", (uint8_t)(pointer + 1));
    }
    switch (flags & 0xf) {
    case STAMP_ONLY: PRINT(p, "TSONLY"); break;
    case STAMP_ADDRESS: PRINT(p, "TS+ADDR"); break;
    case STAMP_PRESPECIFIED: PRINT(p, "PRESPEC"); break;
    default:
        PRINT(p, "[bad ts type ");
        print_u32(p, flags & 0xf);
        PRINT(p, "]");
        PRINT(p, "}");
        return;
    }
    for (uint32_t i = STAMP_MIN_BYTES; i + hop_bytes <= len && !print_is_cut(p); i += hop_bytes) {
        print_string(p, pointer == i ? " ^ " : " ");
        print_u32(p, print_get_u32(p, at + i + hop_bytes - 4));
        PRINT(p, "@");
        if (hop_bytes == 8) {
            const uint8_t *address = print_need(p, at + i, 4);
            if (address != NULL) print_ip4_addr(p, address);
        }
    }
    if (pointer == len) PRINT(p, " ^ ");
    if (flags >> 4) {
        PRINT(p, " [");
        print_u32(p, flags >> 4);
        PRINT(p, " hops not recorded]} ");
    } else {
        PRINT(p, "}");
    }
}

static void print_option(struct print *p, uint8_t kind, uint32_t at, uint32_t len)
{
    switch (kind) {
    case IP4_OPTION_TIMESTAMP: print_stamps(p, at, len); break;
    case IP4_OPTION_RECORD_ROUTE:
    case IP4_OPTION_STRICT_ROUTE:
    case IP4_OPTION_LOOSE_ROUTE: print_route(p, at, len); break;
    case IP4_OPTION_ROUTER_ALERT:
        if (len < 4) {
            PRINT(p, " [|ip]"); /* the option says so, not the capture */
        } else if (print_get_u16(p, at + 2) != 0) {
            PRINT(p, " value ");
            print_u32(p, print_get_u16(p, at + 2));
        }
        break;
    default: break;
    }
}

/* The length of the option at `at`, which is `kind`; 0 when it cannot be. */
static uint32_t option_bytes(struct print *p, uint8_t kind, uint32_t at, uint32_t left)
{
    if (kind == IP4_OPTION_END || kind == IP4_OPTION_NOP) return 1;
    const uint32_t len = print_get_u8(p, at + 1);
    if (len >= 2 && len <= left) return len;
    print_bad(p, "length", len);
    return 0;
}

void print_ip4_options(struct print *p, uint32_t at, uint32_t len)
{
    const char *separator = "";
    while (len > 0 && !print_is_cut(p)) {
        print_string(p, separator);
        separator = ",";
        const uint8_t kind = print_get_u8(p, at);
        print_word_or_number(p, option_names, kind, "unknown ", "");
        const uint32_t here = option_bytes(p, kind, at, len);
        if (here == 0 || print_need(p, at, here) == NULL) return;
        print_option(p, kind, at, here);
        if (kind == IP4_OPTION_END) return;
        at += here;
        len -= here;
    }
}
