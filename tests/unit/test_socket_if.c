/*
 * Interfaces, addresses and routes of the public interface.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void interfaces_come_and_go(void **state)
{
    (void)state;
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 0);
    struct vitro_interface_config config = vitro_interface_default(mac);
    struct vitro_interface_info info;
    assert_int_equal(vitro_interface_add(s, &config, 0), 1);
    config = vitro_interface_default(NULL);
    config.mtu_bytes = 9000;
    config.accepts_any = true;
    assert_int_equal(vitro_interface_add(s, &config, 0), 2);
    assert_int_equal(vitro_interface_get(s, 1, &info), 0);
    assert_int_equal(info.config.link, VITRO_LINK_ETHERNET);
    assert_int_equal(info.config.mtu_bytes, 1500);
    assert_memory_equal(info.config.mac, mac, 6);
    assert_int_equal(vitro_interface_get(s, 2, &info), 0);
    assert_int_equal(info.config.link, VITRO_LINK_IP);
    assert_true(info.config.accepts_any);
    assert_int_equal(vitro_interface_remove(s, 1, 0), 0);
    assert_int_equal(vitro_interface_remove(s, 1, 0), -ENOENT);
    assert_int_equal(vitro_interface_get(s, 1, &info), -ENOENT);
    assert_int_equal(vitro_interface_add(s, &config, 0), 1);
    vitro_stack_destroy(s);
}

static void what_is_no_interface_is_refused(void **state)
{
    (void)state;
    static const uint8_t group[6] = {1, 0, 0, 0, 0, 9};
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 0);
    struct vitro_interface_config config = vitro_interface_default(group);
    assert_int_equal(vitro_interface_add(s, &config, 0), -EINVAL);
    config = vitro_interface_default(NULL);
    config.mtu_bytes = 67;
    assert_int_equal(vitro_interface_add(s, &config, 0), -EINVAL);
    config.mtu_bytes = 65536;
    assert_int_equal(vitro_interface_add(s, &config, 0), -EINVAL);
    config.mtu_bytes = 68;
    for (int i = 0; i < VITRO_INTERFACES_MAX; i++)
        assert_int_equal(vitro_interface_add(s, &config, 0), i + 1);
    assert_int_equal(vitro_interface_add(s, &config, 0), -ENOBUFS);
    vitro_stack_destroy(s);
}

static void addresses_come_and_go(void **state)
{
    (void)state;
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 0);
    struct vitro_interface_config config = vitro_interface_default(NULL);
    struct vitro_interface_info info;
    const struct vitro_ip v4 = vitro_ip_v4(10, 1, 2, 3);
    struct vitro_ip v6;
    assert_int_equal(vitro_ip_parse("fd00::7", &v6), 0);
    assert_int_equal(vitro_address_add(s, 1, &v4, 24, 0), -ENOENT);
    assert_int_equal(vitro_interface_add(s, &config, 0), 1);
    assert_int_equal(vitro_address_add(s, 1, &v4, 33, 0), -EINVAL);
    assert_int_equal(vitro_address_add(s, 1, &v4, 24, 0), 0);
    assert_int_equal(vitro_address_add(s, 1, &v4, 24, 0), -EEXIST);
    assert_int_equal(vitro_address_add(s, 1, &v6, 64, 0), 0);
    assert_int_equal(vitro_interface_get(s, 1, &info), 0);
    assert_int_equal(info.address_count, 2);
    assert_int_equal(info.address[0].prefix_bits, 24);
    assert_true(vitro_ip_equal(&info.address[1].ip, &v6));
    assert_int_equal(info.address[1].prefix_bits, 64);
    assert_int_equal(vitro_address_remove(s, 1, &v4, 0), 0);
    assert_int_equal(vitro_address_remove(s, 1, &v4, 0), -ENOENT);
    assert_int_equal(vitro_address_remove(s, 9, &v6, 0), -ENOENT);
    config.mtu_bytes = 1000;
    assert_int_equal(vitro_interface_add(s, &config, 0), 2);
    assert_int_equal(vitro_address_add(s, 2, &v6, 64, 0), -EINVAL);
    vitro_stack_destroy(s);
}

static void routes_lead_beyond_the_link(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket udp;
    const struct vitro_flow far = {.remote = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 1), 9)};
    struct vitro_route route = {.ip = vitro_ip_v4(0, 0, 0, 0),
                                .gateway = pair_endpoint(1, true, 0).ip};
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    struct vitro_stack *s = p.stack[0];
    route.interface = (uint32_t)p.interface[0];
    assert_int_equal(vitro_udp_open(s, 0, &udp), 0);
    assert_int_equal(vitro_udp_send(s, udp, &far, "x", 1, p.now_us), -ENETUNREACH);
    assert_int_equal(vitro_route_add(s, &route), 0);
    assert_int_equal(vitro_route_add(s, &route), -EEXIST);
    assert_int_equal(vitro_udp_send(s, udp, &far, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 1);
    assert_int_equal(vitro_route_remove(s, &route), 0);
    assert_int_equal(vitro_route_remove(s, &route), -ENOENT);
    assert_int_equal(vitro_udp_send(s, udp, &far, "x", 1, p.now_us), -ENETUNREACH);
    route.interface = 7;
    assert_int_equal(vitro_route_add(s, &route), -ENOENT);
    route.gateway = pair_endpoint(1, false, 0).ip;
    assert_int_equal(vitro_route_add(s, &route), -EINVAL);
    route.prefix_bits = 40;
    assert_int_equal(vitro_route_remove(s, &route), -EINVAL);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_come_and_go),
        cmocka_unit_test(what_is_no_interface_is_refused),
        cmocka_unit_test(addresses_come_and_go),
        cmocka_unit_test(routes_lead_beyond_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
