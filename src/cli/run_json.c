/*
 * JSON lines, by way of jansson.
 */
#include "cli/run_json.h"

#include <jansson.h>
#include <string.h>

#include "gateway/poll.h"

#define DIGITS 16 /* of seconds since 1970, with microseconds, for some centuries */

const char *run_code_kind(enum talk_kind kind)
{
    static const char *const codes[] = {"tcp", "udp", "dns", "ping"};
    return codes[kind];
}

const char *run_code_end(enum talk_end end)
{
    static const char *const codes[] = {
        [TALK_OPEN] = "open",
        [TALK_CLOSED] = "closed",
        [TALK_RESET] = "reset",
        [TALK_REFUSED] = "refused",
        [TALK_UNREACHABLE] = "unreachable",
        [TALK_TIMED_OUT] = "timed_out",
        [TALK_IDLE] = "idle",
        [TALK_ANSWERED] = "answered",
        [TALK_FAILED] = "failed",
    };
    return codes[end];
}

const char *run_code_party(enum talk_party party)
{
    static const char *const codes[] = {
        [TALK_NOBODY] = "nobody",
        [TALK_PROGRAM] = "program",
        [TALK_PEER] = "peer",
        [TALK_GATEWAY] = "vitro",
    };
    return codes[party];
}

static void set(json_t *object, const char *key, json_t *value)
{
    /* Takes the value; -1 without memory, and then the key is missing. */
    (void)json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
    set(object, key, json_integer((json_int_t)number));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text[0] != '\0') set(object, key, json_string(text));
}

static void set_endpoint(json_t *object, const char *key, const struct vitro_endpoint *endpoint)
{
    char text[VITRO_ENDPOINT_TEXT_MAX];
    (void)vitro_endpoint_format(endpoint, text);
    set(object, key, json_string(text));
}

static void set_path(json_t *object, const struct talk *talk)
{
    if (!talk->has_path) return;
    json_t *path = json_object();
    set_number(path, "rtt_us", talk->path_rtt_us);
    set_number(path, "rtt_us_min", talk->path_rtt_us_min);
    set_number(path, "retransmits", talk->path_retransmits);
    set_number(path, "mss_bytes", talk->path_mss_bytes);
    set(object, "path", path);
}

static int add_piece(const char *bytes, size_t len, void *owner)
{
    run_out_add(owner, bytes, len);
    return 0;
}

static void write_line(struct run_out *out, json_t *object)
{
    /* Without memory the line is cut short, and the next one whole again. */
    (void)json_dump_callback(object, add_piece, out, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    run_out_add(out, "\n", 1);
    json_decref(object);
}

static double seconds(uint64_t us) { return (double)us / 1e6; }

void run_json_begin(void)
{
    /* Keys are ours, nobody can choose them so that they collide: any seed will do, and none makes
     * jansson open /dev/urandom when the first object is made. */
    json_object_seed(1);
}

void run_json_talk(struct run_out *out, const struct run_talk *row, uint64_t epoch_us)
{
    if (out->fd < 0) return;
    const struct talk *talk = &row->talk;
    json_t *object = json_object();
    set(object, "type", json_string(run_code_kind(talk->kind)));
    set_number(object, "number", row->number);
    set(object, "direction", json_string(talk->is_inbound ? "in" : "out"));
    set_endpoint(object, "program", &talk->program);
    set_endpoint(object, "peer", &talk->peer);
    set_text(object, "name", talk->name);
    set_text(object, "detail", talk->detail);
    set(object, "begin", json_real(seconds(talk->begun_us + epoch_us)));
    set_number(object, "duration_us", talk->ended_us - talk->begun_us);
    set(object, "state", json_string(run_code_end(talk->end)));
    set(object, "ended_by", json_string(run_code_party(talk->ended_by)));
    if (row->has_wire) set_text(object, "close", track_close_code(row->wire.close));
    if (talk->error != 0) set(object, "error", json_string(strerror(talk->error)));
    set_number(object, "bytes_out", talk->bytes_out);
    set_number(object, "bytes_in", talk->bytes_in);
    set_number(object, "packets_out", row->segments[0]);
    set_number(object, "packets_in", row->segments[1]);
    if (talk->kind == TALK_TCP) {
        set_number(object, "handshake_us", talk->handshake_us);
        set_number(object, "retransmits_out", talk->retransmits_out);
        set_number(object, "retransmits_in", talk->retransmits_in);
    }
    set_path(object, talk);
    write_line(out, object);
}

void run_json_summary(struct run_out *out, const struct run_talks *talks,
                      const struct gateway_stats *stats)
{
    if (out->fd < 0) return;
    json_t *object = json_object();
    set(object, "type", json_string("summary"));
    set(object, "begin", json_real(seconds(talks->began_us + talks->epoch_us)));
    set_number(object, "duration_us", poll_now_us() - talks->began_us);
    for (size_t kind = 0; kind < ARRAY_COUNT(talks->ended); kind++) {
        set_number(object, run_code_kind((enum talk_kind)kind), talks->ended[kind]);
    }
    set_number(object, "bytes_out", talks->bytes_out);
    set_number(object, "bytes_in", talks->bytes_in);
    set_number(object, "packets", talks->segments);
    set_number(object, "retransmits", talks->retransmits);
    set_number(object, "refused_by_limit", stats->refused_by_limit);
    set_number(object, "refused_by_policy", stats->refused_by_policy);
    write_line(out, object);
}
