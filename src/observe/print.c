/*
 * A packet's line: number, time, layers, dump.
 *
 * The layers print themselves from the link header inwards, packets inside packets one after
 * another (see print_layer.h), until nothing is left or the packet turns out to be cut. Only then
 * is the text behind the cut taken back and ` [|proto]` written.
 */
#include "observe/print.h"

#include <string.h>

#include "base/pool.h"
#include "observe/print_layer.h"

#define NUMBER_WIDTH 5

bool print_init(struct print *p, const struct print_options *options)
{
    memset(p, 0, sizeof *p);
    p->options = *options;
    const uint32_t flows = options->flows_max != 0 ? options->flows_max : PRINT_SEQ_FLOWS_MAX;
    return print_seq_init(&p->seq, flows, options->key);
}

void print_deinit(struct print *p) { print_seq_deinit(&p->seq); }

void print_cut(struct print *p)
{
    if (p->is_cut) return;
    p->is_cut = true;
    p->cut_len = p->out->len;
    p->cut_proto = p->proto;
}

void print_trunc(struct print *p)
{
    PRINT(p, " [|");
    print_string(p, p->proto);
    PRINT(p, "]");
}

void print_header_missing(struct print *p, uint32_t captured, uint32_t header)
{
    PRINT(p, " [remaining caplen(");
    print_u32(p, captured);
    PRINT(p, ") < header length(");
    print_u32(p, header);
    PRINT(p, ")]");
    print_trunc(p);
}

void print_next(struct print *p, enum print_layer_kind kind, uint32_t at, uint32_t len)
{
    p->next = (struct print_next){.kind = (uint8_t)kind, .at = at, .len = len};
}

/* Every packet inside another begins at least a header's length further on; so this ends. */
static void print_layers(struct print *p, uint16_t link_type, uint32_t wire_bytes)
{
    print_link(p, link_type, wire_bytes);
    while (p->next.kind != PRINT_LAYER_NONE && !print_is_cut(p)) {
        const struct print_next next = p->next;
        p->next.kind = PRINT_LAYER_NONE;
        if (next.kind == PRINT_LAYER_IP4) {
            print_ip4(p, next.at, next.len);
        } else {
            print_ip6(p, next.at, next.len);
        }
    }
    if (!print_is_cut(p)) return;
    p->out->len = p->cut_len;
    p->proto = p->cut_proto;
    p->link_bytes = 0; /* a dump shows all there is */
    print_trunc(p);
}

/* Appends one of the reasons not to believe a packet's lengths. */
static void print_refusal(struct print *p, bool *is_first, const char *name, uint32_t value,
                          const char *relation, uint32_t limit, const char *tail)
{
    print_string(p, *is_first ? "[Invalid header: " : ", ");
    *is_first = false;
    print_string(p, name);
    print_u32(p, value);
    print_string(p, relation);
    print_u32(p, limit);
    print_string(p, tail);
}

/* Says what is wrong with the lengths; false if nothing is. */
static bool refuse_lengths(struct print *p, uint32_t captured, uint32_t wire)
{
    bool is_first = true;
    if (captured == 0) {
        PRINT(p, "[Invalid header: caplen==0");
        is_first = false;
    }
    if (wire == 0) {
        print_string(p, is_first ? "[Invalid header: len==0" : ", len==0");
        is_first = false;
    } else if (wire < captured) {
        print_refusal(p, &is_first, "len(", wire, ") < caplen(", captured, ")");
    }
    if (captured > PRINT_PACKET_BYTES_MAX) {
        print_refusal(p, &is_first, "caplen(", captured, ") > ", PRINT_PACKET_BYTES_MAX, "");
    }
    if (wire > PRINT_PACKET_BYTES_MAX) {
        print_refusal(p, &is_first, "len(", wire, ") > ", PRINT_PACKET_BYTES_MAX, "");
    }
    if (!is_first) PRINT(p, "]");
    return !is_first;
}

void print_packet(struct print *p, const struct print_packet_info *info, struct span bytes,
                  struct text *out)
{
    const uint32_t captured = (uint32_t)size_min(bytes.len, UINT32_MAX);
    p->out = out;
    p->bytes = bytes.data;
    p->captured = captured;
    p->end = captured;
    p->link_bytes = 0;
    p->proto = "";
    p->is_cut = false;
    p->next.kind = PRINT_LAYER_NONE;
    p->packets++;
    if (p->options.has_number) {
        print_padded(p, p->packets, NUMBER_WIDTH);
        PRINT(p, "  ");
    }
    if (!refuse_lengths(p, captured, info->wire_bytes)) {
        print_time(p, info->time_s, info->time_ns);
        print_layers(p, info->link_type, info->wire_bytes);
        print_dump(p);
    }
    PRINT(p, "\n");
    out->data[out->len] = '\0';
}
