/*
 * TCP options: `, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7]`.
 *
 * A length byte that is not what its kind has is printed (`[len 5]`) and then not believed: the
 * next option is looked for where this kind ends. So the walk is tcpdump's own and goes by
 * tcp_option_iter only one option at a time. Three endings: the list is done; an option cannot be
 * (`[bad opt`); the captured bytes end. After the last two nothing more of the segment is printed.
 *
 * References: RFC 9293 3.1, RFC 7323, RFC 2018, RFC 2385 (MD5), RFC 5482 (user timeout), RFC 5925
 * (TCP-AO), RFC 6994 (experiments), RFC 7413 (fast open).
 */
#include "observe/print_layer.h"
#include "wire/tcp_options.h"

#define SACK_BLOCK_BYTES     8
#define MD5_BYTES            16
#define AO_KEYS_BYTES        2
#define COOKIE_BYTES_MIN     4
#define COOKIE_BYTES_MAX     16
#define EXPERIMENT_FAST_OPEN 0xf989

static const struct print_word option_names[] = {
    {TCP_OPTION_NOP, "nop"},
    {TCP_OPTION_TIMESTAMPS, "TS"},
    {TCP_OPTION_MSS, "mss"},
    {TCP_OPTION_SACK_PERMITTED, "sackOK"},
    {TCP_OPTION_SACK, "sack"},
    {TCP_OPTION_WSCALE, "wscale"},
    {TCP_OPTION_END, "eol"},
    {TCP_OPTION_ECHO, "echo"},
    {TCP_OPTION_ECHO_REPLY, "echoreply"},
    {TCP_OPTION_CC, "cc"},
    {TCP_OPTION_CC_NEW, "ccnew"},
    {TCP_OPTION_CC_ECHO, ""},
    {TCP_OPTION_MD5, "md5"},
    {TCP_OPTION_SCPS, "scps"},
    {TCP_OPTION_USER_TIMEOUT, "uto"},
    {TCP_OPTION_AO, "tcp-ao"},
    {TCP_OPTION_MPTCP, "mptcp"},
    {TCP_OPTION_FAST_OPEN, "tfo"},
    {TCP_OPTION_EXPERIMENT_2, "exp"},
    {0, NULL},
};

/* The place in an option list. */
struct option_list {
    uint32_t at;        /* data of the current option */
    uint32_t left;      /* bytes of the list from there on */
    uint32_t option;    /* its length byte; 1 where there is none */
    uint8_t flags;      /* of the segment */
    uint32_t sack_base; /* taken from SACK edges */
    bool is_whole;      /* all of the segment was captured */
    bool has_option;    /* one was printed already */
    enum print_tcp_options_end end;
};

/* The first `len` bytes of the option's data; NULL and the list ends if they are not there. */
static const uint8_t *option_data(struct print *p, struct option_list *list, uint32_t len)
{
    if (list->end != PRINT_TCP_OPTIONS_DONE) return NULL;
    if (len > list->left) {
        list->end = PRINT_TCP_OPTIONS_BAD;
    } else if (!print_has(p, list->at, len)) {
        list->end = PRINT_TCP_OPTIONS_CUT;
    } else {
        return p->bytes + list->at;
    }
    return NULL;
}

/* Prints ` 0x` and all data bytes, as far as they go. */
static void print_data_from(struct print *p, struct option_list *list, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const uint8_t *data = option_data(p, list, i + 1);
        if (data == NULL) return;
        print_hex_bytes(p, data + i, 1);
    }
}

static uint32_t print_sack(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    if (data_bytes % SACK_BLOCK_BYTES != 0) {
        PRINT(p, " invalid sack");
        return data_bytes;
    }
    PRINT(p, " ");
    print_u32(p, data_bytes / SACK_BLOCK_BYTES);
    PRINT(p, " ");
    for (uint32_t i = 0; i < data_bytes; i += SACK_BLOCK_BYTES) {
        const uint8_t *data = option_data(p, list, i + SACK_BLOCK_BYTES);
        if (data == NULL) break;
        PRINT(p, "{");
        print_u32(p, get_be32(data + i) - list->sack_base);
        PRINT(p, ":");
        print_u32(p, get_be32(data + i + 4) - list->sack_base);
        PRINT(p, "}");
    }
    return data_bytes;
}

static uint32_t print_number(struct print *p, struct option_list *list, uint32_t bytes)
{
    const uint8_t *data = option_data(p, list, bytes);
    if (data == NULL) return bytes;
    PRINT(p, " ");
    print_u32(p, bytes == 1 ? data[0] : bytes == 2 ? get_be16(data) : get_be32(data));
    return bytes;
}

static uint32_t print_timestamps(struct print *p, struct option_list *list)
{
    const uint8_t *data = option_data(p, list, 8);
    if (data == NULL) return 8;
    PRINT(p, " val ");
    print_u32(p, get_be32(data));
    PRINT(p, " ecr ");
    print_u32(p, get_be32(data + 4));
    return 8;
}

/* Whoever holds no key can only show the digest. */
static uint32_t print_md5(struct print *p, struct option_list *list)
{
    const uint8_t *data = option_data(p, list, MD5_BYTES);
    if (data == NULL) return MD5_BYTES;
    print_string(p, list->is_whole ? " shared secret not supplied with -M" : " snaplen too short");
    PRINT(p, ", can't check - ");
    print_hex_bytes(p, data, MD5_BYTES);
    return MD5_BYTES;
}

static uint32_t print_scps(struct print *p, struct option_list *list)
{
    const uint8_t *data = option_data(p, list, 2);
    if (data == NULL) return 2;
    PRINT(p, " cap ");
    print_hex(p, data[0], 2);
    PRINT(p, " id ");
    print_u32(p, data[1]);
    return 2;
}

static uint32_t print_user_timeout(struct print *p, struct option_list *list)
{
    const uint8_t *data = option_data(p, list, 2);
    if (data == NULL) return 2;
    const uint32_t value = get_be16(data);
    PRINT(p, " 0x");
    print_hex(p, value, 1);
    PRINT(p, " ");
    print_u32(p, value & 1 ? (value >> 1) * 60 : value >> 1);
    return 2;
}

static uint32_t print_ao(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    if (data_bytes < AO_KEYS_BYTES) {
        print_invalid(p);
        return data_bytes;
    }
    const uint8_t *data = option_data(p, list, 1);
    if (data != NULL) {
        PRINT(p, " keyid ");
        print_u32(p, data[0]);
        data = option_data(p, list, AO_KEYS_BYTES);
    }
    if (data != NULL) {
        PRINT(p, " rnextkeyid ");
        print_u32(p, data[1]);
        if (data_bytes > AO_KEYS_BYTES) PRINT(p, " mac 0x");
        print_data_from(p, list, AO_KEYS_BYTES, data_bytes);
    }
    return data_bytes;
}

/* A fast open cookie of `len` bytes, asked for if there are none. */
static void print_cookie(struct print *p, const uint8_t *cookie, uint32_t len)
{
    if (len == 0) {
        PRINT(p, " cookiereq");
    } else if (len % 2 != 0 || len < COOKIE_BYTES_MIN || len > COOKIE_BYTES_MAX) {
        print_invalid(p);
    } else {
        PRINT(p, " cookie ");
        print_hex_bytes(p, cookie, len);
    }
}

static uint32_t print_fast_open(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    const uint8_t *data = option_data(p, list, data_bytes);
    if (data == NULL) return data_bytes;
    PRINT(p, " ");
    print_cookie(p, data, data_bytes);
    return data_bytes;
}

static uint32_t print_experiment(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    const uint8_t *data = option_data(p, list, data_bytes);
    if (data == NULL) return data_bytes;
    if (data_bytes < 2) {
        list->end = PRINT_TCP_OPTIONS_BAD;
        return data_bytes;
    }
    PRINT(p, "-");
    if (get_be16(data) == EXPERIMENT_FAST_OPEN) {
        PRINT(p, "tfo");
        print_cookie(p, data + 2, data_bytes - 2);
    } else {
        print_hex(p, get_be16(data), 4);
    }
    return data_bytes;
}

static uint32_t print_mptcp_option(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    if (option_data(p, list, data_bytes) == NULL) return data_bytes;
    if (!print_mptcp(p, list->at - 2, list->option, list->flags)) {
        list->end = PRINT_TCP_OPTIONS_BAD;
    }
    return data_bytes;
}

static uint32_t print_unknown(struct print *p, struct option_list *list)
{
    const uint32_t data_bytes = list->option - 2;
    if (data_bytes == 0) return 0;
    PRINT(p, " 0x");
    print_data_from(p, list, 0, data_bytes);
    return data_bytes;
}

/* Prints what follows the option's name; returns the length its data has, or should have. */
static uint32_t print_value(struct print *p, struct option_list *list, uint8_t kind)
{
    switch (kind) {
    case TCP_OPTION_END:
    case TCP_OPTION_NOP:
    case TCP_OPTION_SACK_PERMITTED: return 0;
    case TCP_OPTION_MSS: return print_number(p, list, 2);
    case TCP_OPTION_WSCALE: return print_number(p, list, 1);
    case TCP_OPTION_CC:
    case TCP_OPTION_CC_NEW:
    case TCP_OPTION_CC_ECHO:
    case TCP_OPTION_ECHO:
    case TCP_OPTION_ECHO_REPLY: return print_number(p, list, 4);
    case TCP_OPTION_SACK: return print_sack(p, list);
    case TCP_OPTION_TIMESTAMPS: return print_timestamps(p, list);
    case TCP_OPTION_MD5: return print_md5(p, list);
    case TCP_OPTION_SCPS: return print_scps(p, list);
    case TCP_OPTION_USER_TIMEOUT: return print_user_timeout(p, list);
    case TCP_OPTION_AO: return print_ao(p, list);
    case TCP_OPTION_MPTCP: return print_mptcp_option(p, list);
    case TCP_OPTION_FAST_OPEN: return print_fast_open(p, list);
    case TCP_OPTION_EXPERIMENT_2: return print_experiment(p, list);
    default: return print_unknown(p, list);
    }
}

/* Prints the option at `list->at` and moves behind it; false when the list has ended. */
static bool print_option(struct print *p, struct option_list *list)
{
    if (list->has_option) PRINT(p, ",");
    const uint8_t kind = print_get_u8(p, list->at++);
    const bool has_length = kind != TCP_OPTION_END && kind != TCP_OPTION_NOP;
    list->option = 1;
    if (has_length) {
        list->option = print_get_u8(p, list->at++);
        if (print_is_cut(p)) return false;
        if (list->option < 2 || list->option > list->left) {
            list->end = PRINT_TCP_OPTIONS_BAD;
            return false;
        }
        list->left--;
    }
    if (print_is_cut(p)) return false;
    list->left--;
    print_word_or_number(p, option_names, kind, "unknown-", "");
    const uint32_t data_bytes = print_value(p, list, kind);
    if (list->end != PRINT_TCP_OPTIONS_DONE || print_is_cut(p)) return false;
    list->at += data_bytes;
    list->left -= data_bytes;
    if (data_bytes + (has_length ? 2 : 1) != list->option) {
        PRINT(p, "[len ");
        print_u32(p, list->option);
        PRINT(p, "]");
    }
    list->has_option = true;
    return kind != TCP_OPTION_END;
}

enum print_tcp_options_end print_tcp_options(struct print *p, uint32_t at, uint32_t len,
                                             uint8_t flags, uint32_t sack_base, bool is_whole)
{
    struct option_list list = {.at = at,
                               .left = len,
                               .flags = flags,
                               .sack_base = sack_base,
                               .is_whole = is_whole,
                               .end = PRINT_TCP_OPTIONS_DONE};
    PRINT(p, ", options [");
    while (list.left > 0 && print_option(p, &list)) {}
    switch (list.end) {
    case PRINT_TCP_OPTIONS_DONE: PRINT(p, "]"); break;
    case PRINT_TCP_OPTIONS_BAD:
        PRINT(p, "[bad opt]");
        if (list.has_option) PRINT(p, "]");
        break;
    case PRINT_TCP_OPTIONS_CUT:
        print_trunc(p);
        if (list.has_option) PRINT(p, ">");
        break;
    }
    return list.end;
}
