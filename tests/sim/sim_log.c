/*
 * Short lines about packets: tcpdump's flags, absolute numbers, and what struck.
 */
#include "sim_log.h"

#include <stdio.h>

#include "wire/ip_proto.h"
#include "wire/tcp.h"

/* Begins a line: a kept one, or one that will be written at once. */
static struct text line_begin(struct sim_log *log, uint64_t now_us)
{
    struct text text;
    char *line = log->line[log->count % LOG_LINES];
    text_init(&text, line, LOG_LINE_BYTES);
    const uint64_t us = now_us - log->start_us;
    text_addf(&text, "  %5llu.%06llu ", (unsigned long long)(us / 1000000),
              (unsigned long long)(us % 1000000));
    return text;
}

static void line_end(struct sim_log *log, const struct text *text)
{
    log->count++;
    if (log->is_direct) fprintf(stderr, "%s\n", text->data);
}

static void add_flags(struct text *text, uint16_t flags)
{
    static const char letters[] = "FSRP.UEW";
    text_add(text, " [");
    for (uint32_t i = 0; i < 8; i++) {
        if ((flags & 1u << i) != 0) text_add_char(text, letters[i]);
    }
    text_add_char(text, ']');
}

static void add_options(struct text *text, const struct tcp_options *options)
{
    if (options->mss != 0) text_addf(text, " mss %u", options->mss);
    if (options->has_wscale) text_addf(text, " ws %u", options->wscale);
    if (options->has_sack_permitted) text_add(text, " sackOK");
    if (options->has_timestamps) text_addf(text, " TS %u/%u", options->ts_val, options->ts_ecr);
    for (uint32_t i = 0; i < options->sack_count; i++) {
        text_addf(text, " {%u:%u}", options->sack[i].start, options->sack[i].end);
    }
}

static void add_packet(struct text *text, const struct sim_sighting *sighting)
{
    struct frame frame;
    frame_init(&frame);
    struct frame_layout layout;
    struct tcp_repr tcp;
    uint32_t header_bytes;
    const bool fits = gather_add(&frame.bytes, sighting->bytes);
    if (!fits || frame_layout_find(&layout, &frame, sighting->link) != WIRE_OK ||
        layout.protocol != IP_PROTO_TCP ||
        tcp_parse(&tcp, span_from(sighting->bytes, layout.transport_offset), &header_bytes) !=
            WIRE_OK) {
        const uint32_t kinds = sim_kinds_of(sighting->bytes, sighting->link);
        for (int kind = 1; kind < SIM_KIND_COUNT; kind++) {
            if ((kinds & 1u << kind) != 0)
                text_addf(text, " %s", sim_kind_word((enum sim_kind)kind));
        }
        text_addf(text, " %zu bytes", sighting->bytes.len);
        return;
    }
    text_addf(text, " %u>%u", tcp.src_port, tcp.dst_port);
    add_flags(text, tcp.flags);
    text_addf(text, " seq %u len %u ack %u win %u", tcp.seq,
              layout.end_offset - layout.payload_offset, tcp.ack, tcp.window);
    add_options(text, &tcp.options);
}

void log_sighting(struct sim_log *log, const struct sim_sighting *sighting)
{
    if (!log->is_on) return;
    if (sighting->point == SIM_AT_RECEIVER && sighting->faults == 0) return;
    struct text text = line_begin(log, sighting->now_us);
    const bool arrives = sighting->point == SIM_AT_RECEIVER;
    text_addf(&text, "%s%c%s %llu", arrives ? "  at " : "",
              'A' + (int)sighting->from + (arrives ? 1 - 2 * (int)sighting->from : 0),
              arrives ? "" : ">", (unsigned long long)sighting->index);
    add_packet(&text, sighting);
    if (sighting->faults != 0) {
        char what[SIM_RULE_TEXT_MAX];
        (void)sim_sighting_format(sighting, what, sizeof what);
        text_addf(&text, " (%s)", what);
    }
    line_end(log, &text);
}

void log_event(struct sim_log *log, enum sim_end end, const struct vitro_event *event)
{
    if (!log->is_on) return;
    struct text text = line_begin(log, event->now_us);
    text_addf(&text, "%c    -- %s %u>%u", 'A' + (int)end, vitro_event_kind_text(event->kind),
              event->flow.local.port, event->flow.remote.port);
    switch (event->kind) {
    case VITRO_EVENT_STATE:
        text_addf(&text, ": %s to %s, %s", vitro_tcp_state_text(event->as.state.from),
                  vitro_tcp_state_text(event->as.state.to),
                  vitro_tcp_cause_text(event->as.state.cause));
        break;
    case VITRO_EVENT_RETRANSMIT:
        text_addf(&text, ": seq %u len %u, %s", event->as.retransmit.seq,
                  event->as.retransmit.len_bytes,
                  vitro_retransmit_cause_text(event->as.retransmit.cause));
        break;
    case VITRO_EVENT_CWND:
        text_addf(&text, ": cwnd %u ssthresh %u flight %u", event->as.cwnd.cwnd_bytes,
                  event->as.cwnd.ssthresh_bytes, event->as.cwnd.in_flight_bytes);
        break;
    case VITRO_EVENT_TIMEOUT:
        text_addf(&text, ": rto %llu us", (unsigned long long)event->as.timeout.rto_us);
        break;
    case VITRO_EVENT_DROP: text_addf(&text, ": %s", vitro_drop_text(event->as.drop.reason)); break;
    case VITRO_EVENT_PMTU: text_addf(&text, ": %u", event->as.mtu_bytes); break;
    default: break;
    }
    line_end(log, &text);
}

void log_print(const struct sim_log *log)
{
    const uint64_t first = log->count > LOG_LINES ? log->count - LOG_LINES : 0;
    for (uint64_t i = first; i < log->count; i++) fprintf(stderr, "%s\n", log->line[i % LOG_LINES]);
}
