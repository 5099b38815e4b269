/*
 * ICMP between IP and those it concerns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"

static void bad_messages_are_named(void **state)
{
    (void)state;
    struct pair p;
    const struct vitro_ip v6 = pair_endpoint(1, false, 0).ip;
    pair_setup(&p, NULL);
    pair_inject_ip(&p, 1, NULL, NULL, "\x08", 1);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ICMP_MALFORMED), 1);
    pair_inject_ip(&p, 1, NULL, NULL, "\x08\0\0\0\0\0\0\0", 8);
    pair_inject_ip(&p, 1, NULL, NULL, "\x03\0\0\0\0\0\0\0", 8);
    pair_inject_ip(&p, 58, NULL, &v6, "\x80\0\0\0\0\0\0\0", 8);
    pair_inject_ip(&p, 58, NULL, &v6, "\x01\0\0\0\0\0\0\0", 8);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ICMP_CHECKSUM), 4);
    pair_teardown(&p);
}

/* An ICMPv4 message made by hand, with its checksum. */
static void inject_icmp4(struct pair *p, const struct icmp4_repr *repr)
{
    uint8_t bytes[1000];
    const uint32_t len = icmp4_emit_len(repr);
    icmp4_emit(repr, span_mut_of(bytes, len));
    pair_inject_ip(p, 1, NULL, NULL, bytes, len);
}

static void errors_about_what_we_never_sent_change_nothing(void **state) /* RFC 5927 4 */
{
    (void)state;
    struct pair p;
    static const uint8_t quote[28] = {0x45, 0, 0,  40, 0, 0, 0, 0,  64, 6, 0, 0, 10, 0,
                                      0,    2, 10, 0,  0, 1, 0, 80, 4,  0, 1, 2, 3,  4};
    struct icmp4_repr repr = {.type = 3, .code = 4, .mtu_bytes = 600, .data = {quote, 28}};
    pair_setup(&p, NULL);
    inject_icmp4(&p, &repr);
    repr.code = 3;
    inject_icmp4(&p, &repr);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ICMP_UNSOLICITED), 2);
    repr = (struct icmp4_repr){.type = 0, .id = 7};
    inject_icmp4(&p, &repr);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ICMP_UNSOLICITED), 3);
    pair_teardown(&p);
}

static uint32_t narrow_bytes;

/* A router that passes packets up to 1000 bytes and says so about the first that is longer. */
static bool narrow_path(struct pair *pair, struct pair_frame *frame)
{
    if (frame->from != 0 || frame->len <= 14 + 1000 || frame->data[23] != 6) return true;
    narrow_bytes = frame->len;
    uint8_t message[8 + 28] = {3, 4, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xff};
    memcpy(message + 8, frame->data + 14, 28);
    put_be16(message + 2, checksum_finish(checksum_add(0, span_of(message, sizeof message))));
    uint8_t bytes[14 + 20 + sizeof message];
    memcpy(bytes, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}, 14);
    const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000002),
                                .dst = ip_addr_from_v4(0x0a000001),
                                .ttl = 9,
                                .protocol = 1,
                                .payload_bytes = sizeof message};
    ip4_emit(&ip, span_mut_of(bytes + 14, 20));
    memcpy(bytes + 34, message, sizeof message);
    struct pair_frame *queued = calloc(1, sizeof *queued);
    queued->from = 1;
    queued->len = sizeof bytes;
    queued->data = malloc(sizeof bytes);
    memcpy(queued->data, bytes, sizeof bytes);
    list_push_back(&pair->queue, &queued->link);
    return false;
}

static void tcp_learns_the_path_mtu(void **state) /* RFC 1191, RFC 9293 MUST-16 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    static uint8_t data[20000];
    struct vitro_tcp_info info;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    p.filter = narrow_path;
    assert_int_equal(vitro_tcp_send(p.stack[0], client, data, sizeof data, p.now_us), sizeof data);
    pair_run(&p, 2000000);
    assert_true(narrow_bytes > 1014);
    assert_int_equal(vitro_tcp_info(p.stack[0], client, &info), 0);
    assert_int_equal(info.mss_bytes, 1000 - 40 - 12);
    assert_int_equal(vitro_tcp_readable_bytes(p.stack[1], server), sizeof data);
    assert_true(p.events[VITRO_EVENT_PMTU] >= 1);
    pair_teardown(&p);
}

static void errors_are_rate_limited(void **state) /* RFC 4443 2.4 (f) */
{
    (void)state;
    struct pair p;
    struct vitro_counters counters;
    pair_setup(&p, NULL);
    for (int i = 0; i < 200; i++) pair_inject_ip(&p, 253, NULL, NULL, "x", 1);
    vitro_stack_counters(p.stack[1], &counters);
    assert_true(counters.ip.icmp_out >= 5 && counters.ip.icmp_out <= 60);
    assert_int_equal(counters.drops[VITRO_DROP_ICMP_RATE_LIMIT], 200 - counters.ip.icmp_out);
    pair_teardown(&p);
}

static void echo_can_be_switched_off(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket ping;
    struct vitro_config config;
    const struct vitro_ip to = pair_endpoint(1, true, 0).ip;
    vitro_config_default(&config);
    config.ip.echo_reply = false;
    pair_setup(&p, &(struct pair_options){.config = {NULL, &config}});
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &ping), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 1, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_receive(p.stack[0], ping, NULL, 0, NULL), -EAGAIN);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_messages_are_named),
        cmocka_unit_test(errors_about_what_we_never_sent_change_nothing),
        cmocka_unit_test(tcp_learns_the_path_mtu),
        cmocka_unit_test(errors_are_rate_limited),
        cmocka_unit_test(echo_can_be_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
