/*
 * ARP and its reverse and inverse forms.
 *
 * Addresses stand where their lengths put them. tcpdump prints a hardware address in whatever
 * length it has, but a protocol address only if it is an IPv4 address.
 *
 * References: RFC 826, RFC 903, RFC 2390.
 */
#include "observe/print_layer.h"
#include "wire/arp.h"

#define ARP_FIXED_BYTES   8
#define HARDWARE_ETHERNET 1
#define PROTOCOL_TRAIL    0x1000

static const struct print_word op_names[] = {
    {ARP_REQUEST, "Request"},
    {ARP_REPLY, "Reply"},
    {ARP_REVERSE_REQUEST, "Reverse Request"},
    {ARP_REVERSE_REPLY, "Reverse Reply"},
    {ARP_INVERSE_REQUEST, "Inverse Request"},
    {ARP_INVERSE_REPLY, "Inverse Reply"},
    {10, "NACK Reply"},
    {0, NULL},
};

static const struct print_word hardware_names[] = {
    {1, "Ethernet"},   {6, "TokenRing"},   {7, "ArcNet"}, {15, "FrameRelay"}, {17, "Strip"},
    {24, "IEEE 1394"}, {20, "IEEE 802.1"}, {19, "ATM"},   {0, NULL},
};

static const struct print_word protocol_names[] = {
    {ETH_TYPE_IP4, "IPv4"},
    {ETH_TYPE_ARP, "ARP"},
    {ETH_TYPE_IP6, "IPv6"},
    {PROTOCOL_TRAIL, "Trail"},
    {0, NULL},
};

/* Where the four addresses stand. */
struct arp_places {
    uint32_t hardware_bytes, protocol_bytes;
    uint32_t sender_hardware, sender_protocol, target_hardware, target_protocol;
    bool has_ip4; /* the protocol is one of IPv4 */
};

static void print_hardware_address(struct print *p, uint32_t at, uint32_t len)
{
    if (len == 0) {
        PRINT(p, "<empty>");
        return;
    }
    const uint8_t *address = print_need(p, at, len);
    if (address != NULL) print_colon_bytes(p, address, len);
}

static void print_protocol_address(struct print *p, const struct arp_places *places, uint32_t at)
{
    if (!places->has_ip4) {
        PRINT(p, "<wrong proto type>");
    } else if (places->protocol_bytes != 4) {
        PRINT(p, "<wrong len>");
    } else {
        const uint8_t *address = print_need(p, at, 4);
        if (address != NULL) print_ip4_addr(p, address);
    }
}

static bool is_all_zero(const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static void print_request(struct print *p, const struct arp_places *places)
{
    PRINT(p, "who-has ");
    print_protocol_address(p, places, places->target_protocol);
    const uint8_t *target = print_need(p, places->target_hardware, places->hardware_bytes);
    if (target != NULL && !is_all_zero(target, places->hardware_bytes)) {
        PRINT(p, " (");
        print_hardware_address(p, places->target_hardware, places->hardware_bytes);
        PRINT(p, ")");
    }
    PRINT(p, " tell ");
    print_protocol_address(p, places, places->sender_protocol);
}

/* Prints the operation's own words; false if it is not known. */
static bool print_operation(struct print *p, const struct arp_places *places, uint16_t op)
{
    const uint32_t hardware_bytes = places->hardware_bytes;
    switch (op) {
    case ARP_REQUEST: print_request(p, places); return true;
    case ARP_REPLY:
        print_protocol_address(p, places, places->sender_protocol);
        PRINT(p, " is-at ");
        print_hardware_address(p, places->sender_hardware, hardware_bytes);
        return true;
    case ARP_REVERSE_REQUEST:
    case ARP_INVERSE_REQUEST:
        PRINT(p, "who-is ");
        print_hardware_address(p, places->target_hardware, hardware_bytes);
        PRINT(p, " tell ");
        print_hardware_address(p, places->sender_hardware, hardware_bytes);
        return true;
    case ARP_REVERSE_REPLY:
        print_hardware_address(p, places->target_hardware, hardware_bytes);
        PRINT(p, " at ");
        print_protocol_address(p, places, places->target_protocol);
        return true;
    case ARP_INVERSE_REPLY:
        print_hardware_address(p, places->sender_hardware, hardware_bytes);
        PRINT(p, " at ");
        print_protocol_address(p, places, places->sender_protocol);
        return true;
    default: return false;
    }
}

/* Appends `Ethernet (len 6), IPv4 (len 4), `, which usually goes without saying. */
static void print_kinds(struct print *p, const uint8_t *h)
{
    print_word_or_number(p, hardware_names, arp_header_hardware(h), "Unknown Hardware (", ")");
    PRINT(p, " (len ");
    print_u32(p, arp_header_hardware_bytes(h));
    PRINT(p, "), ");
    const char *name = print_word_find(protocol_names, arp_header_protocol(h));
    if (name != NULL) {
        print_string(p, name);
    } else {
        PRINT(p, "Unknown Protocol (0x");
        print_hex(p, arp_header_protocol(h), 4);
        PRINT(p, ")");
    }
    PRINT(p, " (len ");
    print_u32(p, arp_header_protocol_bytes(h));
    PRINT(p, "), ");
}

void print_arp(struct print *p, uint32_t at, uint32_t len)
{
    p->proto = "arp";
    const uint8_t *h = print_need(p, at, ARP_FIXED_BYTES);
    if (h == NULL) return;
    const uint16_t protocol = arp_header_protocol(h);
    struct arp_places places = {.hardware_bytes = arp_header_hardware_bytes(h),
                                .protocol_bytes = arp_header_protocol_bytes(h),
                                .has_ip4 = protocol == ETH_TYPE_IP4 || protocol == PROTOCOL_TRAIL};
    const uint32_t pair_bytes = places.hardware_bytes + places.protocol_bytes;
    places.sender_hardware = at + ARP_FIXED_BYTES;
    places.sender_protocol = places.sender_hardware + places.hardware_bytes;
    places.target_hardware = places.sender_hardware + pair_bytes;
    places.target_protocol = places.target_hardware + places.hardware_bytes;
    if (print_need(p, at, ARP_FIXED_BYTES + 2 * pair_bytes) == NULL) return;

    if (!p->options.has_link) PRINT(p, "ARP, ");
    const bool is_usual =
        protocol == ETH_TYPE_IP4 && places.protocol_bytes == 4 && places.hardware_bytes != 0;
    if (!is_usual || p->options.verbosity > 0) print_kinds(p, h);
    const bool is_wrong = !places.has_ip4 || places.protocol_bytes != 4;
    if (is_wrong && p->options.verbosity == 0) {
        PRINT(p, "length ");
        print_u32(p, len);
        return;
    }
    print_word_or_number(p, op_names, arp_header_op(h), "Unknown (", ")");
    PRINT(p, " ");
    if (!print_operation(p, &places, arp_header_op(h))) {
        const uint32_t here = u32_min(len, print_left(p, at));
        print_dump_hex(p, p->bytes + at, here, "\n\t", true);
        return;
    }
    PRINT(p, ", length ");
    print_u32(p, len);
}
