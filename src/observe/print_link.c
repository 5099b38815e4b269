/*
 * Link headers: Ethernet with VLAN tags, Linux cooked captures (both forms), raw IP, BSD loopback.
 *
 * With -e the link header is printed; without it only what tcpdump cannot keep to itself: unknown
 * ethertypes, and the interface of a cooked capture of the second form.
 */
#include "observe/print_layer.h"
#include "wire/eth.h"

#define ETH_LENGTH_MAX  1500 /* a type up to here is a length: IEEE 802.3 */
#define TYPE_Q9100      0x9100
#define TYPE_Q9200      0x9200
#define SLL_BYTES       16
#define SLL2_BYTES      20
#define SLL_DIR_WIDTH   3
#define SLL2_NAME_WIDTH 5
#define NULL_BYTES      4
#define AF_SWAP_FROM    0xffff /* families are small: a larger number has the other byte order */

/* Names of ethertypes whose packets we print or meet often; the rest are "Unknown". */
static const struct print_word type_names[] = {
    {ETH_TYPE_IP4, "IPv4"},
    {ETH_TYPE_ARP, "ARP"},
    {0x8035, "Reverse ARP"},
    {ETH_TYPE_VLAN, "802.1Q"},
    {ETH_TYPE_QINQ, "802.1Q-QinQ"},
    {TYPE_Q9100, "802.1Q-9100"},
    {TYPE_Q9200, "802.1Q-9200"},
    {ETH_TYPE_IP6, "IPv6"},
    {0x0600, "NS"},
    {0x0500, "Sprite"},
    {0x1000, "Trail"},
    {0x6001, "MOP DL"},
    {0x6002, "MOP RC"},
    {0x6003, "DN"},
    {0x6004, "LAT"},
    {0x6007, "SCA"},
    {0x6558, "TEB"},
    {0x876b, "VJC"}, /* never seen on Ethernet */
    {0x8100, "802.1Q"},
    {0x8137, "IPX"},
    {0x880b, "PPP"},
    {0x8847, "MPLS unicast"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE D"},
    {0x8864, "PPPoE S"},
    {0x888e, "EAPOL"},
    {0x88cc, "LLDP"},
    {0x88e5, "802.1AE MACsec"},
    {0x88f7, "PTP"},
    {0x9000, "Loopback"},
    {0, NULL},
};

static const struct print_word family_names[] = {
    {2, "IPv4"},  {7, "Appletalk"}, {10, "OSI"},  {23, "IPX"},
    {24, "IPv6"}, {28, "IPv6"},     {30, "IPv6"}, {0, NULL},
};

static const struct print_word sll_directions[] = {
    {0, "In"}, {1, "B"}, {2, "M"}, {3, "P"}, {4, "Out"}, {0, NULL},
};

static bool is_tag(uint16_t type)
{
    return eth_type_is_tag(type) || type == TYPE_Q9100 || type == TYPE_Q9200;
}

bool print_ethertype(struct print *p, uint16_t type, uint32_t at, uint32_t len)
{
    switch (type) {
    case ETH_TYPE_IP4: print_ip4(p, at, len); return true;
    case ETH_TYPE_ARP:
    case 0x8035: /* RARP */ print_arp(p, at, len); return true;
    case ETH_TYPE_IP6: print_ip6(p, at, len); return true;
    default: return false;
    }
}

/* Appends `ethertype NAME (0x0800)`. */
static void print_type(struct print *p, uint16_t type)
{
    PRINT(p, "ethertype ");
    print_word(p, type_names, type, "Unknown");
    PRINT(p, " (0x");
    print_hex(p, type, 4);
    PRINT(p, ")");
}

/* Appends `, length LEN: `. */
static void print_len(struct print *p, uint32_t len)
{
    PRINT(p, ", length ");
    print_u32(p, len);
    PRINT(p, ": ");
}

/* Appends `vlan V, p P, ` and what else a tag says. */
static void print_tag(struct print *p, uint16_t tag)
{
    PRINT(p, "vlan ");
    print_u32(p, tag & 0xfff);
    PRINT(p, ", p ");
    print_u32(p, tag >> 13);
    if (tag & 0x1000) PRINT(p, ", DEI");
    PRINT(p, ", ");
}

/* Dumps what no printer wants, unless a dump in hexadecimal is asked for anyway. */
static void print_rest(struct print *p, uint32_t at, uint32_t len)
{
    const enum print_dump_mode dump = p->options.dump;
    if (dump == PRINT_DUMP_HEX || dump == PRINT_DUMP_HEX_ASCII) return;
    const uint32_t here = u32_min(len, print_left(p, at));
    if (here > 0) print_dump_hex(p, p->bytes + at, here, "\n\t", true);
}

/* Appends `SRC > DST, ethertype NAME (0x0800), length LEN: ` as far as asked for. */
static void print_eth_header(struct print *p, const uint8_t *h, uint32_t len)
{
    const uint16_t type = eth_header_type(h);
    print_mac(p, h + ETH_ADDR_BYTES);
    PRINT(p, " > ");
    print_mac(p, h);
    PRINT(p, ", ");
    if (type <= ETH_LENGTH_MAX) {
        PRINT(p, "802.3");
    } else if (p->options.quiet == 0) {
        print_type(p, type);
    } else if (print_word_find(type_names, type) != NULL) {
        print_word(p, type_names, type, "");
    } else {
        PRINT(p, "Unknown Ethertype (0x");
        print_hex(p, type, 4);
        PRINT(p, ")");
    }
    print_len(p, len);
}

/* Reads tags from `*at` on, which follows `type`; returns the type behind them. */
static uint16_t print_tags(struct print *p, uint16_t type, uint32_t *at, uint32_t *len)
{
    while (is_tag(type) && !print_is_cut(p)) {
        p->proto = "vlan";
        const uint8_t *tag = *len >= ETH_TAG_BYTES ? print_need(p, *at, ETH_TAG_BYTES) : NULL;
        if (tag == NULL) {
            print_cut(p);
            return 0;
        }
        type = get_be16(tag + 2);
        *at += ETH_TAG_BYTES;
        *len -= ETH_TAG_BYTES;
        p->link_bytes += ETH_TAG_BYTES;
        if (!p->options.has_link) continue;
        print_tag(p, get_be16(tag));
        if (type > ETH_LENGTH_MAX) {
            print_type(p, type);
            PRINT(p, ", ");
        }
    }
    return type;
}

static void print_ethernet(struct print *p, uint32_t len)
{
    p->proto = "ether";
    if (len < ETH_HEADER_BYTES || !print_has(p, 0, ETH_HEADER_BYTES)) {
        print_trunc(p);
        p->link_bytes = p->captured;
        return;
    }
    const uint8_t *h = p->bytes;
    if (p->options.has_link) print_eth_header(p, h, len);
    uint32_t at = ETH_HEADER_BYTES;
    uint32_t rest = len - ETH_HEADER_BYTES;
    p->link_bytes = ETH_HEADER_BYTES;
    const uint16_t type = print_tags(p, eth_header_type(h), &at, &rest);
    if (print_is_cut(p)) return;
    if (type > ETH_LENGTH_MAX && print_ethertype(p, type, at, rest)) return;
    if (!p->options.has_link) {
        print_eth_header(p, h, len);
    }
    print_rest(p, at, rest);
}

/* Appends `SRC ethertype NAME (0x0800), length LEN: ` as far as asked for. */
static void print_sll_header(struct print *p, const uint8_t *address, uint16_t address_bytes,
                             uint16_t type, uint32_t len)
{
    if (address_bytes == ETH_ADDR_BYTES) {
        print_mac(p, address);
        PRINT(p, " ");
    }
    if (p->options.quiet > 0) return;
    print_type(p, type);
    print_len(p, len);
}

/* Prints what a cooked header announces. A tag's type is printed even without -e. */
static void print_sll_payload(struct print *p, uint16_t type, uint32_t at, uint32_t rest,
                              uint32_t len)
{
    p->link_bytes = at;
    while (is_tag(type) && !print_is_cut(p)) {
        const uint8_t *tag = print_need(p, at, ETH_TAG_BYTES);
        if (tag == NULL || rest < ETH_TAG_BYTES) {
            print_cut(p);
            return;
        }
        if (p->options.has_link) print_tag(p, get_be16(tag));
        type = get_be16(tag + 2);
        at += ETH_TAG_BYTES;
        rest -= ETH_TAG_BYTES;
        p->link_bytes += ETH_TAG_BYTES;
        if (type > ETH_LENGTH_MAX && p->options.quiet == 0) {
            PRINT(p, "ethertype ");
            print_word(p, type_names, type, "Unknown");
            PRINT(p, ", ");
        }
    }
    if (print_is_cut(p) || print_ethertype(p, type, at, rest)) return;
    if (!p->options.has_link) {
        print_type(p, type);
        print_len(p, len);
    }
    print_rest(p, at, rest);
}

static void print_sll(struct print *p, uint32_t len)
{
    p->proto = "sll";
    const uint8_t *h = len >= SLL_BYTES ? print_need(p, 0, SLL_BYTES) : NULL;
    if (h == NULL) {
        print_cut(p);
        return;
    }
    const uint16_t type = get_be16(h + 14);
    if (p->options.has_link) {
        const char *direction = print_word_find(sll_directions, get_be16(h));
        if (direction == NULL) direction = "?";
        for (size_t width = strlen(direction); width < SLL_DIR_WIDTH; width++) {
            PRINT(p, " ");
        }
        print_string(p, direction);
        PRINT(p, " ");
        print_sll_header(p, h + 6, get_be16(h + 4), type, len);
    }
    print_sll_payload(p, type, SLL_BYTES, len - SLL_BYTES, len);
}

static void print_left_aligned(struct print *p, const char *word, size_t width)
{
    print_string(p, word);
    for (size_t have = strlen(word); have < width; have++) {
        PRINT(p, " ");
    }
    PRINT(p, " ");
}

static void print_sll2(struct print *p, uint32_t len)
{
    p->proto = "sll2";
    const uint8_t *h = len >= SLL2_BYTES ? print_need(p, 0, SLL2_BYTES) : NULL;
    if (h == NULL) {
        print_cut(p);
        return;
    }
    const uint16_t type = get_be16(h);
    const uint32_t index = get_be32(h + 4);
    const char *name = NULL;
    if (p->options.interface_name != NULL) {
        name = p->options.interface_name(p->options.context, index);
    }
    const char *direction = print_word_find(sll_directions, h[10]);
    print_left_aligned(p, name != NULL ? name : "?", SLL2_NAME_WIDTH);
    print_left_aligned(p, direction != NULL ? direction : "?", SLL_DIR_WIDTH);
    if (p->options.has_link) {
        PRINT(p, "ifindex ");
        print_u32(p, index);
        PRINT(p, " ");
        print_sll_header(p, h + 12, h[11], type, len);
    }
    print_sll_payload(p, type, SLL2_BYTES, len - SLL2_BYTES, len);
}

static void print_raw(struct print *p, uint32_t len)
{
    p->proto = "raw";
    const uint8_t first = print_get_u8(p, 0);
    if (p->options.has_link) PRINT(p, "ip: ");
    if (print_is_cut(p)) return;
    switch (first >> 4) {
    case 4: print_ip4(p, 0, len); break;
    case 6: print_ip6(p, 0, len); break;
    default:
        PRINT(p, "unknown ip ");
        print_u32(p, first >> 4);
        break;
    }
}

static void print_family(struct print *p, uint32_t family, uint32_t len)
{
    const bool is_quiet = p->options.quiet > 0;
    if (!is_quiet) PRINT(p, "AF ");
    print_word(p, family_names, family, "Unknown");
    if (!is_quiet) {
        PRINT(p, " (");
        print_u32(p, family);
        PRINT(p, ")");
    }
    print_len(p, len);
}

static void print_null(struct print *p, uint32_t len)
{
    p->proto = "null";
    const uint8_t *h = len >= NULL_BYTES ? print_need(p, 0, NULL_BYTES) : NULL;
    if (h == NULL) {
        print_cut(p);
        return;
    }
    uint32_t family = get_le32(h);
    if (family > AF_SWAP_FROM) family = get_be32(h);
    p->link_bytes = NULL_BYTES;
    const uint32_t rest = len - NULL_BYTES;
    if (p->options.has_link) print_family(p, family, len);
    switch (family) {
    case 2: print_ip4(p, NULL_BYTES, rest); return;
    case 24:
    case 28:
    case 30: print_ip6(p, NULL_BYTES, rest); return;
    default: break;
    }
    if (!p->options.has_link) print_family(p, family, len);
    print_rest(p, NULL_BYTES, rest);
}

void print_link(struct print *p, uint16_t link_type, uint32_t len)
{
    switch ((enum print_link_type)link_type) {
    case PRINT_LINK_ETHERNET: print_ethernet(p, len); break;
    case PRINT_LINK_RAW_OLD:
    case PRINT_LINK_RAW: print_raw(p, len); break;
    case PRINT_LINK_IP4: print_ip4(p, 0, len); break;
    case PRINT_LINK_IP6: print_ip6(p, 0, len); break;
    case PRINT_LINK_NULL:
    case PRINT_LINK_LOOP: print_null(p, len); break;
    case PRINT_LINK_SLL: print_sll(p, len); break;
    case PRINT_LINK_SLL2: print_sll2(p, len); break;
    default: print_rest(p, 0, len); break;
    }
}
