/*
 * Addresses written as text in tests of the IP layers, and interfaces to try them on.
 */
#ifndef VITRO_TESTS_IP_TEXT_H
#define VITRO_TESTS_IP_TEXT_H

#include "ip/ip_if.h"
#include "support.h"
#include "wire/ip_addr.h"

/* The address a text means; fails the test when it means none. */
static inline struct ip_addr addr_of(const char *text)
{
    struct ip_addr addr = {{0}};
    assert_true(ip_addr_parse(text, &addr));
    return addr;
}

/* The prefix a text means. */
static inline struct ip_prefix prefix_of(const char *text)
{
    struct ip_prefix prefix = {{{0}}, 0};
    assert_true(ip_prefix_parse(text, &prefix));
    return prefix;
}

/* Fails unless both are the same. */
static inline void assert_addr(const struct ip_addr *addr, const char *text)
{
    char found[IP_ADDR_TEXT_MAX];
    (void)ip_addr_format(addr, found);
    assert_string_equal(found, text);
}

/* Our MAC in tests: 02:00:00:00:00:01. */
static inline struct eth_addr our_mac(void) { return (struct eth_addr){{2, 0, 0, 0, 0, 1}}; }

/* Another station: 02:00:00:00:00:nn. */
static inline struct eth_addr mac_of(uint8_t n) { return (struct eth_addr){{2, 0, 0, 0, 0, n}}; }

/* An Ethernet interface, number 1, with 10.0.0.1/24, fe80::1/64 and fd00::1/64. */
static inline struct ip_if ethernet_if(void)
{
    struct ip_if iface;
    const struct eth_addr mac = our_mac();
    assert_int_equal(ip_if_init(&iface, "eth0", 1, FRAME_LINK_ETHERNET, &mac, 1500), 0);
    static const char *const texts[] = {"10.0.0.1", "fe80::1", "fd00::1"};
    static const uint8_t bits[] = {120, 64, 64};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        const struct ip_addr addr = addr_of(texts[i]);
        assert_int_equal(ip_if_addr_add(&iface, &addr, bits[i]), 0);
    }
    return iface;
}

#endif
