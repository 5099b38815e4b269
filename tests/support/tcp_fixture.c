/* The host under test; see tcp_fixture.h. */
#include "tcp_fixture.h"

#include "base/base.h"
#include "support.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_plan.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp/tcp_timewait.h"
#include "wire/ip_proto.h"

static struct fixture *fixture_of(struct tcp_host *host)
{
    return CONTAINER_OF(host, struct fixture, host);
}

static struct tcp_path op_path(struct tcp_host *host, const struct tcp_tuple *tuple)
{
    (void)tuple;
    return fixture_of(host)->path;
}

static void op_output(struct tcp_host *host, const struct tcp_outgoing *out, uint64_t now_us)
{
    struct fixture *f = fixture_of(host);
    assert_true(f->sent_count < FIXTURE_SENT_MAX);
    struct fixture_sent *sent = &f->sent[f->sent_count++];
    if (out->repr.flags & TCP_FLAG_SYN) f->our_iss = out->repr.seq;
    *sent = (struct fixture_sent){.tuple = *out->tuple,
                                  .repr = out->repr,
                                  .seq = out->repr.seq - f->our_iss,
                                  .ack = out->repr.ack - f->peer_iss,
                                  .len = out->payload != NULL ? out->payload->len_bytes : 0,
                                  .segment_bytes = out->segment_bytes,
                                  .traffic_class = out->traffic_class,
                                  .now_us = now_us};
    if (sent->len > 0) gather_copy(out->payload, 0, &sent->first_byte, 1);
}

static void op_ready(struct tcp_host *host, struct tcp_conn *conn)
{
    (void)conn;
    fixture_of(host)->ready_count++;
}

static void op_listener_ready(struct tcp_host *host, struct tcp_listener *listener)
{
    (void)listener;
    fixture_of(host)->ready_count++;
}

static uint32_t op_sink(struct tcp_host *host, struct tcp_conn *conn, const struct gather *payload,
                        uint64_t now_us)
{
    (void)conn;
    (void)now_us;
    struct fixture *f = fixture_of(host);
    uint32_t taken = u32_min(f->sink_take, payload->len_bytes);
    gather_copy(payload, 0, f->sink_bytes + f->sink_len, taken);
    f->sink_len += taken;
    return taken;
}

static void op_event(struct tcp_host *host, const struct tcp_event *event)
{
    struct fixture *f = fixture_of(host);
    assert_true(f->event_count < FIXTURE_EVENTS_MAX);
    f->events[f->event_count++] = *event;
}

static void op_drop(struct tcp_host *host, enum drop_reason reason)
{
    fixture_of(host)->drops[reason]++;
}

static const struct tcp_host_ops ops = {.path = op_path,
                                        .output = op_output,
                                        .ready = op_ready,
                                        .listener_ready = op_listener_ready,
                                        .sink = op_sink,
                                        .event = op_event,
                                        .drop = op_drop};

struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    tcp_config_default(&f->config);
    f->config.conns_max = 1000;
    f->config.chunks_max = 4096;
    f->path = (struct tcp_path){.mtu_bytes = 1500, .super_bytes_max = 0};
    f->now_us = 1000000000;
    f->peer_iss = FIXTURE_PEER_ISS;
    f->peer_port = 80;
    f->our_port = 40000;
    f->peer_ts = 5000;
    return f;
}

void fixture_start(struct fixture *f)
{
    static const uint8_t secret[32] = {1, 2, 3};
    wheel_init(&f->wheel, f->now_us);
    assert_int_equal(tcp_host_init(&f->host, &ops, &f->config, &f->wheel, secret, f->now_us), 0);
}

void fixture_free(struct fixture *f)
{
    tcp_host_deinit(&f->host);
    assert_int_equal(wheel_next_deadline(&f->wheel) == TIME_NEVER, 1);
    free(f);
}

void fixture_clear(struct fixture *f)
{
    f->sent_count = 0;
    f->event_count = 0;
    f->ready_count = 0;
}

const struct fixture_sent *fixture_sent(const struct fixture *f, uint32_t i)
{
    assert_true(i < f->sent_count);
    return &f->sent[i];
}

const struct fixture_sent *fixture_last(const struct fixture *f)
{
    assert_true(f->sent_count > 0);
    return &f->sent[f->sent_count - 1];
}

uint32_t fixture_events(const struct fixture *f, enum tcp_event_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->event_count; i++) count += f->events[i].kind == kind;
    return count;
}

uint8_t fixture_byte(uint32_t seq) { return (uint8_t)(seq * 31 + (seq >> 8)); }

void fixture_input(struct fixture *f, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len,
                   uint16_t window)
{
    uint8_t bytes[60 + 65536];
    struct tcp_repr repr = {.src_port = f->peer_port,
                            .dst_port = f->our_port,
                            .seq = f->peer_iss + seq,
                            .ack = (flags & TCP_FLAG_ACK) ? f->our_iss + ack : 0,
                            .flags = flags,
                            .window = window,
                            .urgent = f->urgent,
                            .options = f->options};
    if (f->timestamps) {
        repr.options.has_timestamps = true;
        repr.options.ts_val = f->peer_ts;
        repr.options.ts_ecr = f->peer_ts_ecr;
    }
    uint32_t header_len = tcp_emit_len(&repr);
    tcp_emit(&repr, (struct span_mut){bytes, header_len});
    for (uint32_t i = 0; i < len; i++) bytes[header_len + i] = fixture_byte(seq + i);
    struct gather gather;
    gather_init(&gather);
    assert_true(gather_add(&gather, (struct span){bytes, header_len + len}));
    struct tcp_packet packet = {.src = ip_addr_from_v4(0x0a000001),
                                .dst = ip_addr_from_v4(0x0a000002),
                                .ecn = f->segment_is_ce ? 3 : 0,
                                .segment_bytes = f->segment_bytes,
                                .checksum_partial = true,
                                .bytes = &gather};
    tcp_host_input(&f->host, &packet, f->now_us);
    f->options = (struct tcp_options){0};
    f->urgent = 0;
    f->segment_is_ce = false;
    f->segment_bytes = 0;
}

void fixture_pass(struct fixture *f, uint64_t us)
{
    uint64_t until_us = f->now_us + us;
    struct wheel_node *node;
    while ((node = wheel_expire(&f->wheel, until_us)) != NULL) {
        f->now_us = u64_max(f->now_us, node->deadline_us);
        tcp_host_timer(&f->host, node, node->deadline_us);
    }
    f->now_us = until_us;
}

uint64_t fixture_deadline(struct fixture *f) { return wheel_next_deadline(&f->wheel); }

void fixture_check_plan(struct fixture *f)
{
    if (f->conn == NULL || f->conn->state == TCP_CLOSED) return;
    struct tcp_plan plan = tcp_plan(f->conn, f->now_us);
    assert_int_equal(plan.kind, TCP_PLAN_NOTHING);
    if (plan.not_before_us == TIME_NEVER) return;
    assert_true(plan.not_before_us >= f->now_us);
    assert_true(wheel_next_deadline(&f->wheel) <= plan.not_before_us);
}

void fixture_ack(struct fixture *f, uint32_t seq, uint32_t ack, uint16_t window)
{
    fixture_input(f, TCP_FLAG_ACK, seq, ack, 0, window);
}

void fixture_syn_sent(struct fixture *f)
{
    struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000002),
                              .remote = ip_addr_from_v4(0x0a000001),
                              .local_port = f->our_port,
                              .remote_port = f->peer_port};
    assert_int_equal(tcp_connect(&f->host, &tuple, 1, &f->conn, f->now_us), 0);
}

void fixture_established(struct fixture *f)
{
    fixture_syn_sent(f);
    fixture_pass(f, 10000);
    f->options = (struct tcp_options){
        .mss = 1460, .has_wscale = true, .wscale = f->peer_shift, .has_sack_permitted = true};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_clear(f);
}

void fixture_to_state(struct fixture *f, enum tcp_state state)
{
    if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK) {
        fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, 1, 1, 0, 65535);
    }
    if (state != TCP_CLOSE_WAIT && state != TCP_ESTABLISHED) {
        assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    }
    if (state == TCP_FIN_WAIT_2) fixture_input(f, TCP_FLAG_ACK, 1, 2, 0, 65535);
    if (state == TCP_CLOSING) fixture_input(f, TCP_FLAG_FIN | TCP_FLAG_ACK, 1, 1, 0, 65535);
    assert_int_equal(f->conn->state, state);
    fixture_clear(f);
}

void fixture_send(struct fixture *f, uint32_t len)
{
    uint8_t bytes[65536];
    assert_true(len <= sizeof bytes);
    for (uint32_t i = 0; i < len; i++) bytes[i] = fixture_byte(i);
    uint32_t taken;
    assert_int_equal(tcp_send(f->conn, bytes, len, &taken, f->now_us), 0);
    assert_int_equal(taken, len);
}

void fixture_start_established(struct fixture *f)
{
    fixture_start(f);
    fixture_established(f);
}

int fixture_test_setup(void **state)
{
    *state = fixture_new();
    return 0;
}

int fixture_test_teardown(void **state)
{
    fixture_free(*state);
    return 0;
}
