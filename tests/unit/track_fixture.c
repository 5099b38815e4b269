/*
 * Packets made with wire/, headers only, read back by track_packet_read().
 */
#include "track_fixture.h"

#include "observe/print.h"
#include "support.h"
#include "wire/ip4.h"
#include "wire/udp.h"

void track_fixture_init(struct track_fixture *f, uint32_t conversations_max)
{
    *f = (struct track_fixture){
        .addr = {ip_addr_from_v4(0x0a000264), ip_addr_from_v4(0x0a000204)},
        .port = {41822, 80},
        .isn = {0xfffffff0, 0x7ffffff0}, /* both wrap or change sign soon */
        .window = {1000, 1000},
        .now_us = 1000000,
    };
    const struct track_options options = {.conversations_max = conversations_max, .key = {1, 2}};
    assert_true(track_init(&f->track, &options));
}

void track_fixture_deinit(struct track_fixture *f) { track_deinit(&f->track); }

/* Reads the packet of `header_bytes` at `bytes`, behind which `len` bytes are not there. */
static uint32_t show(struct track_fixture *f, const uint8_t *bytes, uint32_t header_bytes,
                     uint32_t len)
{
    track_packet_read(&f->packet, PRINT_LINK_RAW, span_of(bytes, header_bytes), header_bytes + len,
                      f->segment_bytes);
    f->verdict = track_input(&f->track, &f->packet, f->now_us);
    tcp_options_clear(&f->options);
    f->segment_bytes = 0;
    f->ecn = 0;
    return f->verdict.bits;
}

static struct ip4_repr ip_of(const struct track_fixture *f, int from, uint8_t protocol)
{
    return (struct ip4_repr){.src = f->addr[from],
                             .dst = f->addr[from ^ 1],
                             .ecn = f->ecn,
                             .ttl = 64,
                             .protocol = protocol};
}

uint32_t track_fixture_segment(struct track_fixture *f, int from, uint16_t flags, uint32_t seq,
                               uint32_t ack, uint32_t len)
{
    uint8_t bytes[IP4_HEADER_BYTES + TCP_HEADER_BYTES_MAX] = {0};
    const struct tcp_repr tcp = {.src_port = f->port[from],
                                 .dst_port = f->port[from ^ 1],
                                 .seq = f->isn[from] + seq,
                                 .ack = flags & TCP_FLAG_ACK ? f->isn[from ^ 1] + ack : 0,
                                 .flags = flags,
                                 .window = (uint16_t)f->window[from],
                                 .options = f->options};
    const uint32_t tcp_bytes = tcp_emit_len(&tcp);
    struct ip4_repr ip = ip_of(f, from, IP_PROTO_TCP);
    ip.payload_bytes = (uint16_t)(tcp_bytes + len);
    ip4_emit(&ip, span_mut_of(bytes, sizeof bytes));
    tcp_emit(&tcp, span_mut_of(bytes + IP4_HEADER_BYTES, tcp_bytes));
    return show(f, bytes, IP4_HEADER_BYTES + tcp_bytes, len);
}

uint32_t track_fixture_ip(struct track_fixture *f, int from, uint8_t protocol, uint32_t len)
{
    uint8_t bytes[IP4_HEADER_BYTES + UDP_HEADER_BYTES] = {0};
    struct ip4_repr ip = ip_of(f, from, protocol);
    ip.payload_bytes = (uint16_t)(UDP_HEADER_BYTES + len);
    const struct udp_repr udp = {f->port[from], f->port[from ^ 1], (uint16_t)len, false};
    ip4_emit(&ip, span_mut_of(bytes, sizeof bytes));
    udp_emit(&udp, span_mut_of(bytes + IP4_HEADER_BYTES, UDP_HEADER_BYTES));
    if (protocol != IP_PROTO_UDP) bytes[IP4_HEADER_BYTES] = 8; /* an echo request, in ICMP */
    return show(f, bytes, sizeof bytes, len);
}

void track_fixture_open(struct track_fixture *f, uint64_t rtt_us)
{
    const struct tcp_options offer = {
        .mss = 1460, .has_wscale = true, .wscale = 2, .has_sack_permitted = true};
    f->options = offer;
    track_fixture_segment(f, TRACK_CLIENT, TCP_FLAG_SYN, 0, 0, 0);
    f->now_us += rtt_us / 2;
    f->options = offer;
    track_fixture_segment(f, TRACK_SERVER, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0);
    f->now_us += rtt_us - rtt_us / 2;
    const uint32_t bits = track_fixture_segment(f, TRACK_CLIENT, TCP_FLAG_ACK, 1, 1, 0);
    assert_int_equal(bits, TRACK_HANDSHAKE_DONE);
}

struct track_summary track_fixture_summary(const struct track_fixture *f)
{
    struct track_summary summary;
    assert_non_null(f->verdict.conversation);
    track_summarize(f->verdict.conversation, &summary);
    return summary;
}
