/*
 * The option of Multipath TCP: its length, its subtype and what that carries.
 *
 * All bytes of the option are captured when this is called; only its own length limits reading. A
 * length that the subtype cannot have makes the whole option list bad.
 *
 * References: RFC 6824 3, RFC 8684 3.
 */
#include "observe/print_layer.h"
#include "wire/tcp.h"

#define SUBTYPE_UNKNOWN    8
#define OPTION_BYTES_MIN   3
#define CAPABLE_CHECKSUM   0x80
#define BACKUP             0x01
#define DSS_ACK            0x01
#define DSS_ACK_LONG       0x02
#define DSS_MAP            0x04
#define DSS_MAP_LONG       0x08
#define DSS_FIN            0x10
#define JOIN_HMAC_BYTES    20
#define ADDRESS_HMAC_BYTES 8

static const char *const subtype_names[] = {
    "capable", "join", "dss", "add-addr", "rem-addr", "prio", "fail", "fast-close", "unknown",
};

/* ` 0x` and a key or token, without leading zeros. */
static void print_key(struct print *p, uint64_t key)
{
    PRINT(p, "0x");
    print_hex(p, key, 1);
}

static bool print_capable(struct print *p, const uint8_t *o, uint32_t len, uint8_t flags)
{
    const bool opens = (len == 12 || len == 4) && (flags & TCP_FLAG_SYN);
    const bool confirms =
        (len == 20 || len == 22) && (flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_ACK;
    if (!opens && !confirms) return false;
    const uint32_t version = o[2] & 0xf;
    if (version > 1) {
        PRINT(p, " Unknown Version (");
        print_u32(p, version);
        PRINT(p, ")");
        return true;
    }
    PRINT(p, " v");
    print_u32(p, version);
    if (o[3] & CAPABLE_CHECKSUM) PRINT(p, " csum");
    if (len < 12) return true;
    PRINT(p, " {");
    print_key(p, get_be64(o + 4));
    if (len >= 20) {
        PRINT(p, ",");
        print_key(p, get_be64(o + 12));
    }
    PRINT(p, "}");
    return true;
}

static bool print_join(struct print *p, const uint8_t *o, uint32_t len, uint8_t flags)
{
    const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_ACK;
    const bool is_right = (len == 12 && (flags & TCP_FLAG_SYN)) ||
                          (len == 16 && (flags & both) == both) ||
                          (len == 24 && (flags & TCP_FLAG_ACK));
    if (!is_right) return false;
    if (len == 24) {
        PRINT(p, " hmac 0x");
        print_hex_bytes(p, o + 4, JOIN_HMAC_BYTES);
        return true;
    }
    if (o[2] & BACKUP) PRINT(p, " backup");
    PRINT(p, " id ");
    print_u32(p, o[3]);
    if (len == 12) {
        PRINT(p, " token ");
        print_key(p, get_be32(o + 4));
    } else {
        PRINT(p, " hmac ");
        print_key(p, get_be64(o + 4));
    }
    PRINT(p, " nonce ");
    print_key(p, get_be32(o + len - 4));
    return true;
}

/* Prints a number of 8 or 4 bytes at `*at`; false if the option ends before. */
static bool print_dss_number(struct print *p, const uint8_t *o, uint32_t len, uint32_t *at,
                             bool is_long)
{
    const uint32_t bytes = is_long ? 8 : 4;
    if (len - *at < bytes) return false;
    print_u64(p, is_long ? get_be64(o + *at) : get_be32(o + *at));
    *at += bytes;
    return true;
}

static bool print_dss_map(struct print *p, const uint8_t *o, uint32_t len, uint32_t *at,
                          uint8_t flags)
{
    PRINT(p, " seq ");
    if (!print_dss_number(p, o, len, at, (flags & DSS_MAP_LONG) != 0)) return false;
    if (len - *at < 4) return false;
    PRINT(p, " subseq ");
    if (!print_dss_number(p, o, len, at, false)) return false;
    if (len - *at < 2) return false;
    PRINT(p, " len ");
    print_u32(p, get_be16(o + *at));
    *at += 2;
    if (len - *at < 2) return true;
    PRINT(p, " csum ");
    print_key(p, get_be16(o + *at));
    *at += 2;
    return true;
}

static bool print_dss(struct print *p, const uint8_t *o, uint32_t len)
{
    if (len < 4) return false;
    const uint8_t flags = o[3];
    uint32_t at = 4;
    if (flags & DSS_FIN) PRINT(p, " fin");
    if (flags & DSS_ACK) {
        PRINT(p, " ack ");
        if (!print_dss_number(p, o, len, &at, (flags & DSS_ACK_LONG) != 0)) return false;
    }
    if ((flags & DSS_MAP) && !print_dss_map(p, o, len, &at, flags)) return false;
    return at == len;
}

/* Lengths say what is there: an address of either version, a port, a keyed hash. */
static bool print_add_address(struct print *p, const uint8_t *o, uint32_t len)
{
    static const char *const forms[] = {
        [0] = " v1", [1] = " v1-echo", [4] = " v0-ip4", [6] = " v0-ip6"};
    const bool has_ip4 = len == 8 || len == 10 || len == 16 || len == 18;
    const bool has_ip6 = len == 20 || len == 22 || len == 28 || len == 30;
    if (!has_ip4 && !has_ip6) return false;
    const uint32_t form = o[2] & 0xf;
    if (form >= ARRAY_COUNT(forms) || forms[form] == NULL) {
        PRINT(p, " bad version/echo");
        return true;
    }
    print_string(p, forms[form]);
    PRINT(p, " id ");
    print_u32(p, o[3]);
    PRINT(p, " ");
    uint32_t at = has_ip4 ? 8 : 20;
    if (has_ip4) {
        print_ip4_addr(p, o + 4);
    } else {
        print_ip6_addr(p, o + 4);
    }
    if (len % 4 != 0) {
        PRINT(p, ":");
        print_u32(p, get_be16(o + at));
        at += 2;
    }
    if (at == len) return true;
    PRINT(p, " hmac 0x");
    print_hex_bytes(p, o + at, ADDRESS_HMAC_BYTES);
    return true;
}

static bool print_remove_address(struct print *p, const uint8_t *o, uint32_t len)
{
    if (len < 4) return false;
    PRINT(p, " id");
    for (uint32_t i = 3; i < len; i++) {
        PRINT(p, " ");
        print_u32(p, o[i]);
    }
    return true;
}

static bool print_priority(struct print *p, const uint8_t *o, uint32_t len)
{
    if (len != 3 && len != 4) return false;
    print_string(p, o[2] & BACKUP ? " backup" : " non-backup");
    if (len == 4) {
        PRINT(p, " id ");
        print_u32(p, o[3]);
    }
    return true;
}

bool print_mptcp(struct print *p, uint32_t at, uint32_t len, uint8_t flags)
{
    if (len < OPTION_BYTES_MIN) return false;
    const uint8_t *o = p->bytes + at;
    p->proto = "mptcp"; /* and so it stays: who reads behind the option cut is called that, too */
    const uint32_t subtype = u32_min(o[2] >> 4, SUBTYPE_UNKNOWN);
    PRINT(p, " ");
    print_u32(p, len);
    PRINT(p, " ");
    print_string(p, subtype_names[subtype]);
    switch (subtype) {
    case 0: return print_capable(p, o, len, flags);
    case 1: return print_join(p, o, len, flags);
    case 2: return print_dss(p, o, len);
    case 3: return print_add_address(p, o, len);
    case 4: return print_remove_address(p, o, len);
    case 5: return print_priority(p, o, len);
    case 6:
        if (len != 12) return false;
        PRINT(p, " seq ");
        print_u64(p, get_be64(o + 4));
        return true;
    case 7:
        if (len != 12) return false;
        PRINT(p, " key ");
        print_key(p, get_be64(o + 4));
        return true;
    default: return true;
    }
}
