/*
 * One TCP host under test, without IP and without a peer: what it sends is caught in a list, what
 * it receives is written down segment by segment, time is a variable. Sequence numbers in calls and
 * in what was caught count from each side's initial one, as in tcpdump's relative numbers: the SYN
 * is 0, the first byte 1.
 */
#ifndef VITRO_TESTS_TCP_FIXTURE_H
#define VITRO_TESTS_TCP_FIXTURE_H

#include "tcp/tcp_app.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_listen.h"

#define FIXTURE_SENT_MAX   512
#define FIXTURE_EVENTS_MAX 512
#define FIXTURE_PEER_ISS   1000000u

struct fixture_sent {
    struct tcp_tuple tuple;
    struct tcp_repr repr;
    uint32_t seq, ack; /* relative */
    uint32_t len;      /* payload */
    uint16_t segment_bytes;
    uint8_t traffic_class;
    uint64_t now_us;
    uint8_t first_byte; /* of the payload */
};

struct fixture {
    struct tcp_host host; /* first member: ops find the fixture through it */
    struct wheel wheel;
    struct tcp_config config;
    struct tcp_path path;
    uint64_t now_us;
    struct tcp_conn *conn; /* the connection that the calls below are about */
    uint32_t peer_iss, our_iss;
    uint16_t peer_port, our_port;
    bool timestamps; /* the peer's segments carry them */
    uint32_t peer_ts, peer_ts_ecr;
    uint8_t peer_shift;
    bool segment_is_ce;         /* of the next segment put in */
    uint16_t segment_bytes;     /* of the next one: it is a super-segment of such; cleared by it */
    struct tcp_options options; /* of the next segment put in; cleared by it */
    uint16_t urgent;            /* likewise, with TCP_FLAG_URG */
    struct fixture_sent sent[FIXTURE_SENT_MAX];
    uint32_t sent_count; /* caught since the last fixture_clear */
    struct tcp_event events[FIXTURE_EVENTS_MAX];
    uint32_t event_count;
    uint64_t drops[DROP_REASON_COUNT];
    uint32_t ready_count;
    uint32_t sink_take; /* how many bytes the sink takes each time */
    uint8_t sink_bytes[65536];
    uint32_t sink_len;
};

/* A host with the default configuration, changed by the test through f->config before init_host. */
struct fixture *fixture_new(void);
/* The host, from f->config. */
void fixture_start(struct fixture *f);
/* Checks that nothing leaks when the host ends, and frees. */
void fixture_free(struct fixture *f);

/* Forgets what was caught. */
void fixture_clear(struct fixture *f);
/* The i-th segment caught; fails the test when there is none. */
const struct fixture_sent *fixture_sent(const struct fixture *f, uint32_t i);
/* The last one. */
const struct fixture_sent *fixture_last(const struct fixture *f);
/* How many events of this kind were caught. */
uint32_t fixture_events(const struct fixture *f, enum tcp_event_kind kind);

/* Puts in a segment from the peer: relative numbers, `len` bytes of payload (byte i of the stream
 * is fixture_byte(i)), window unscaled as it would be on the wire. */
void fixture_input(struct fixture *f, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len,
                   uint16_t window);
/* What the peer's stream has at relative sequence number `seq`. */
uint8_t fixture_byte(uint32_t seq);

/* Lets time pass up to now + us, timers fire at their deadlines on the way. */
void fixture_pass(struct fixture *f, uint64_t us);
/* The next deadline, TIME_NEVER if none. */
uint64_t fixture_deadline(struct fixture *f);

/* After a call: the plan has nothing to do now, and the wheel wakes no later than it says (contract
 * "one decision, two readers"). Not for a connection that is gone. */
void fixture_check_plan(struct fixture *f);

/* A bare ACK from the peer: relative numbers, window as on the wire. */
void fixture_ack(struct fixture *f, uint32_t seq, uint32_t ack, uint16_t window);

/* An active open by `conn`, up to ESTABLISHED (10 ms round trip). What was caught is forgotten. */
void fixture_established(struct fixture *f);
/* Only the SYN sent. */
void fixture_syn_sent(struct fixture *f);
/* fixture_start(), and a connection that is established. */
void fixture_start_established(struct fixture *f);
/* FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK from an established connection. */
void fixture_to_state(struct fixture *f, enum tcp_state state);
/* Sends `len` bytes of pattern through tcp_send, all of which must be taken. */
void fixture_send(struct fixture *f, uint32_t len);

/* A test that finds a fixture of its own, not started, in *state. */
#define FIXTURE_TEST(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, fixture_test_setup, fixture_test_teardown)

/* Before and after each of them. */
int fixture_test_setup(void **state);
int fixture_test_teardown(void **state);

#endif
