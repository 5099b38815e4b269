/*
 * DNS messages: header, questions, and the records of the answer; with -vv all sections.
 *
 * A name may point back into the message; each pointer must lead further to the front, so that a
 * name is finite. Where a record cannot be read the text ends in ` [|domain]`, without the length
 * that stands at the end of every whole message.
 *
 * References: RFC 1035 4, RFC 6762 18 (multicast DNS), RFC 6891 (OPT).
 */
#include "observe/print_layer.h"

#define HEADER_BYTES   12
#define QUESTION_BYTES 4
#define RECORD_BYTES   10
#define FLAG_RESPONSE  0x8000
#define FLAG_AA        0x0400
#define FLAG_TC        0x0200
#define FLAG_RD        0x0100
#define FLAG_RA        0x0080
#define FLAG_AD        0x0020
#define FLAG_CD        0x0010
#define FLAGS_ODD      0x06cf /* bits no query should have */
#define CLASS_IN       1
#define CLASS_TOP      0x8000 /* multicast: unicast answer wanted, or forget older ones */
#define LABEL_MASK     0xc0
#define LABEL_VALUE    0x3f
#define TYPE_OPT       41
#define UNREADABLE     UINT32_MAX

enum dns_type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_DNAME = 39,
};

static const struct print_word type_names[] = {
    {1, "A"},      {2, "NS"},      {3, "MD"},        {4, "MF"},        {5, "CNAME"},
    {6, "SOA"},    {7, "MB"},      {8, "MG"},        {9, "MR"},        {10, "NULL"},
    {11, "WKS"},   {12, "PTR"},    {13, "HINFO"},    {14, "MINFO"},    {15, "MX"},
    {16, "TXT"},   {17, "RP"},     {18, "AFSDB"},    {19, "X25"},      {20, "ISDN"},
    {21, "RT"},    {22, "NSAP"},   {23, "NSAP_PTR"}, {24, "SIG"},      {25, "KEY"},
    {26, "PX"},    {27, "GPOS"},   {28, "AAAA"},     {29, "LOC"},      {30, "NXT"},
    {31, "EID"},   {32, "NIMLOC"}, {33, "SRV"},      {34, "ATMA"},     {35, "NAPTR"},
    {36, "KX"},    {37, "CERT"},   {38, "A6"},       {39, "DNAME"},    {40, "SINK"},
    {41, "OPT"},   {42, "APL"},    {43, "DS"},       {44, "SSHFP"},    {45, "IPSECKEY"},
    {46, "RRSIG"}, {47, "NSEC"},   {48, "DNSKEY"},   {99, "SPF"},      {100, "UINFO"},
    {101, "UID"},  {102, "GID"},   {103, "UNSPEC"},  {104, "UNSPECA"}, {249, "TKEY"},
    {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"},    {253, "MAILB"},   {254, "MAILA"},
    {255, "ANY"},  {256, "URI"},   {0, NULL},
};

static const struct print_word class_names[] = {
    {1, "IN"}, {3, "CHAOS"}, {4, "HS"}, {255, "ANY"}, {0, NULL},
};

static const char *const opcodes[16] = {
    "",     " inv_q",   " stat",    " op3",      " notify",  " update",   " op6",      " op7",
    " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
};

static const char *const response_codes[16] = {
    "",          " FormErr", " ServFail", " NXDomain", " NotImp",  " Refused",
    " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone", " Resp11",
    " Resp12",   " Resp13",  " Resp14",   " NoChange",
};

/* The message being printed. */
struct dns {
    uint32_t at;  /* of its header: what pointers count from */
    uint32_t pos; /* the next question or record; UNREADABLE behind trouble */
    bool is_multicast;
};

/* What follows the name at `at`; UNREADABLE if it was not captured. */
static uint32_t skip_name(const struct print *p, uint32_t at)
{
    while (print_has(p, at, 1)) {
        const uint8_t label = p->bytes[at++];
        if ((label & LABEL_MASK) == LABEL_MASK) return at + 1;
        if (label == 0) return at;
        if ((label & LABEL_MASK) != 0) return UNREADABLE;
        at += label;
    }
    return UNREADABLE;
}

/* Follows a pointer, which must lead to before `*bound`; false if it does not. */
static bool follow_pointer(struct print *p, const struct dns *dns, uint32_t *at, uint32_t *bound)
{
    if (!print_has(p, *at, 2)) return false;
    const uint32_t target = dns->at + (get_be16(p->bytes + *at) & 0x3fffu);
    if (target >= *bound) {
        PRINT(p, "<BAD PTR>");
        return false;
    }
    *bound = target;
    *at = target;
    return true;
}

/* Appends a name; returns what follows it, or UNREADABLE. */
static uint32_t print_name(struct print *p, const struct dns *dns, uint32_t at)
{
    const uint32_t behind = skip_name(p, at);
    uint32_t bound = at;
    bool is_root = true;
    while (print_has(p, at, 1)) {
        const uint8_t label = p->bytes[at];
        if ((label & LABEL_MASK) == LABEL_MASK) {
            if (!follow_pointer(p, dns, &at, &bound)) return UNREADABLE;
            continue;
        }
        if ((label & LABEL_MASK) != 0) {
            PRINT(p, "<ELT ");
            print_u32(p, label & LABEL_VALUE);
            PRINT(p, ">");
            return UNREADABLE;
        }
        if (label == 0) {
            if (is_root) PRINT(p, ".");
            return behind;
        }
        const uint32_t here = u32_min(label, print_left(p, at + 1));
        for (uint32_t i = 0; i < here; i++) {
            print_visible(p, p->bytes[at + 1 + i]);
        }
        if (here < label) return UNREADABLE;
        PRINT(p, ".");
        is_root = false;
        at += 1u + label;
    }
    return UNREADABLE;
}

static void print_class(struct print *p, uint32_t class)
{
    if (class == CLASS_IN) return;
    PRINT(p, " ");
    print_word_or_number(p, class_names, class, "(Class ", ")");
}

static void print_question(struct print *p, struct dns *dns)
{
    const uint32_t fixed = skip_name(p, dns->pos);
    if (fixed == UNREADABLE || !print_has(p, fixed, QUESTION_BYTES)) {
        dns->pos = UNREADABLE;
        return;
    }
    const uint32_t class = get_be16(p->bytes + fixed + 2);
    PRINT(p, " ");
    print_word_or_number(p, type_names, get_be16(p->bytes + fixed), "Type", "");
    print_class(p, dns->is_multicast ? class & ~(uint32_t)CLASS_TOP : class);
    if (dns->is_multicast) print_string(p, class & CLASS_TOP ? " (QU)" : " (QM)");
    PRINT(p, "? ");
    const uint32_t behind = print_name(p, dns, dns->pos);
    dns->pos = behind == UNREADABLE ? UNREADABLE : behind + QUESTION_BYTES;
}

/* A time to live in weeks, days, hours, minutes and seconds. */
static void print_ttl(struct print *p, uint32_t s)
{
    static const struct {
        uint32_t seconds;
        char letter;
    } units[] = {{31536000, 'y'}, {604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    if (s == 0) {
        PRINT(p, "0s");
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (s < units[i].seconds) continue;
        print_u32(p, s / units[i].seconds);
        print_char(p, units[i].letter);
        s %= units[i].seconds;
    }
}

/* The character strings of a TXT record. */
static void print_strings(struct print *p, uint32_t at, uint32_t end)
{
    while (at < end) {
        const uint32_t len = p->bytes[at++];
        PRINT(p, " \"");
        const uint32_t here = u32_min(len, print_left(p, at));
        for (uint32_t i = 0; i < here; i++) {
            print_visible(p, p->bytes[at + i]);
        }
        PRINT(p, "\"");
        at += len;
    }
}

static bool print_soa(struct print *p, const struct dns *dns, uint32_t at)
{
    if (p->options.verbosity == 0) return true;
    PRINT(p, " ");
    at = print_name(p, dns, at);
    if (at == UNREADABLE) return false;
    PRINT(p, " ");
    at = print_name(p, dns, at);
    if (at == UNREADABLE || !print_has(p, at, 20)) return false;
    for (uint32_t i = 0; i < 5; i++) {
        PRINT(p, " ");
        print_u32(p, get_be32(p->bytes + at + i * 4));
    }
    return true;
}

static bool print_service(struct print *p, const struct dns *dns, uint32_t at)
{
    if (!print_has(p, at, 6)) return false;
    PRINT(p, " ");
    if (print_name(p, dns, at + 6) == UNREADABLE) return false;
    PRINT(p, ":");
    print_u32(p, get_be16(p->bytes + at + 4));
    PRINT(p, " ");
    print_u32(p, get_be16(p->bytes + at));
    PRINT(p, " ");
    print_u32(p, get_be16(p->bytes + at + 2));
    return true;
}

/* A record's data, all of it captured; false if it does not make sense. */
static bool print_data(struct print *p, const struct dns *dns, uint16_t type, uint32_t at,
                       uint32_t end)
{
    switch (type) {
    case TYPE_A:
        if (!print_has(p, at, 4)) return false;
        PRINT(p, " ");
        print_ip4_addr(p, p->bytes + at);
        return true;
    case TYPE_AAAA:
        if (!print_has(p, at, 16)) return false;
        PRINT(p, " ");
        print_ip6_addr(p, p->bytes + at);
        return true;
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
    case TYPE_DNAME: PRINT(p, " "); return print_name(p, dns, at) != UNREADABLE;
    case TYPE_SOA: return print_soa(p, dns, at);
    case TYPE_MX:
        PRINT(p, " ");
        if (!print_has(p, at, 2) || print_name(p, dns, at + 2) == UNREADABLE) return false;
        PRINT(p, " ");
        print_u32(p, get_be16(p->bytes + at));
        return true;
    case TYPE_TXT: print_strings(p, at, end); return true;
    case TYPE_SRV: return print_service(p, dns, at);
    default: return true;
    }
}

/* One record. What is cut before its data ends the message without complaint, as tcpdump has it. */
static void print_record(struct print *p, struct dns *dns)
{
    uint32_t at;
    if (p->options.verbosity > 0) {
        PRINT(p, " ");
        at = print_name(p, dns, dns->pos);
    } else {
        at = skip_name(p, dns->pos);
    }
    if (at == UNREADABLE || !print_has(p, at, RECORD_BYTES)) {
        dns->pos = p->end;
        return;
    }
    const uint16_t type = get_be16(p->bytes + at);
    const uint32_t class = get_be16(p->bytes + at + 2);
    if (dns->is_multicast && (class & CLASS_TOP)) PRINT(p, " (Cache flush)");
    const uint32_t plain = dns->is_multicast ? class & ~(uint32_t)CLASS_TOP : class;
    if (type != TYPE_OPT) print_class(p, plain);
    if (p->options.verbosity > 2 && type != TYPE_OPT) {
        PRINT(p, " [");
        print_ttl(p, get_be32(p->bytes + at + 4));
        PRINT(p, "]");
    }
    PRINT(p, " ");
    print_word_or_number(p, type_names, type, "Type", "");
    const uint32_t data = at + RECORD_BYTES;
    const uint32_t len = get_be16(p->bytes + at + 8);
    dns->pos = UNREADABLE;
    if (!print_has(p, data, len)) return;
    if (type == TYPE_OPT) {
        PRINT(p, " UDPsize=");
        print_u32(p, class);
        if (get_be32(p->bytes + at + 4) & 0x8000) PRINT(p, " DO");
        if (print_edns_options(p, data, data + len)) dns->pos = data + len;
        return;
    }
    if (print_data(p, dns, type, data, data + len)) dns->pos = data + len;
}

/* The records of a section, behind `title`; false when they were not all there. */
static bool print_section(struct print *p, struct dns *dns, const char *title, uint32_t count)
{
    if (count == 0) return true;
    print_string(p, title);
    do {
        print_record(p, dns);
        if (dns->pos == UNREADABLE) return false;
        count--;
        if (count > 0 && dns->pos < p->end) PRINT(p, ",");
    } while (count > 0 && dns->pos < p->end);
    return count == 0;
}

static void print_count(struct print *p, uint32_t count, const char *what)
{
    PRINT(p, " [");
    print_u32(p, count);
    print_string(p, what);
    PRINT(p, "]");
}

/* Counts of the four sections stand behind the flags. */
static uint32_t section_count(const uint8_t *h, uint32_t section)
{
    return get_be16(h + 4 + section * 2);
}

/* Authority and additional records. */
static bool print_more(struct print *p, struct dns *dns, const uint8_t *h)
{
    static const char *const titles[] = {[2] = " ns:", [3] = " ar:"};
    if (p->options.verbosity < 2) return true;
    for (uint32_t section = 2; section <= 3; section++) {
        const uint32_t count = section_count(h, section);
        if (count > 0 && dns->pos >= p->end) return false;
        if (!print_section(p, dns, titles[section], count)) return false;
    }
    return true;
}

/* Skips a response's questions, or prints them with -vv. */
static bool print_asked(struct print *p, struct dns *dns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) PRINT(p, ",");
        if (p->options.verbosity > 1) {
            PRINT(p, " q:");
            print_question(p, dns);
        } else {
            const uint32_t behind = skip_name(p, dns->pos);
            dns->pos = behind == UNREADABLE ? UNREADABLE : behind + QUESTION_BYTES;
        }
        if (dns->pos == UNREADABLE) return false;
    }
    return true;
}

static bool print_response(struct print *p, struct dns *dns, const uint8_t *h)
{
    const uint16_t flags = get_be16(h + 2);
    print_u32(p, get_be16(h));
    print_string(p, opcodes[flags >> 11 & 0xf]);
    print_string(p, response_codes[flags & 0xf]);
    if (flags & FLAG_AA) PRINT(p, "*");
    if (!(flags & FLAG_RA)) PRINT(p, "-");
    if (flags & FLAG_TC) PRINT(p, "|");
    if (flags & FLAG_AD) PRINT(p, "$");
    if (section_count(h, 0) != 1) print_count(p, section_count(h, 0), "q");
    if (!print_asked(p, dns, section_count(h, 0))) return false;
    PRINT(p, " ");
    print_u32(p, section_count(h, 1));
    PRINT(p, "/");
    print_u32(p, section_count(h, 2));
    PRINT(p, "/");
    print_u32(p, section_count(h, 3));
    return print_section(p, dns, "", section_count(h, 1)) && print_more(p, dns, h);
}

static bool print_query(struct print *p, struct dns *dns, const uint8_t *h)
{
    const uint16_t flags = get_be16(h + 2);
    const bool is_inverse = (flags >> 11 & 0xf) == 1;
    print_u32(p, get_be16(h));
    print_string(p, opcodes[flags >> 11 & 0xf]);
    if (flags & FLAG_RD) PRINT(p, "+");
    if (flags & FLAG_CD) PRINT(p, "%");
    if (flags & FLAGS_ODD) {
        PRINT(p, " [b2&3=0x");
        print_hex(p, flags, 1);
        PRINT(p, "]");
    }
    if (is_inverse && section_count(h, 0) != 0) print_count(p, section_count(h, 0), "q");
    if (section_count(h, 1) != (is_inverse ? 1 : 0)) print_count(p, section_count(h, 1), "a");
    if (!is_inverse && section_count(h, 0) != 1) print_count(p, section_count(h, 0), "q");
    if (section_count(h, 2) != 0) print_count(p, section_count(h, 2), "n");
    if (section_count(h, 3) != 0) print_count(p, section_count(h, 3), "au");
    for (uint32_t i = 0; i < section_count(h, 0); i++) {
        if (i > 0 && dns->pos >= p->end) return false;
        print_question(p, dns);
        if (dns->pos == UNREADABLE) return false;
    }
    if (p->options.verbosity < 2) return true;
    if (section_count(h, 1) > 0 && dns->pos >= p->end) return false;
    return print_section(p, dns, " an:", section_count(h, 1)) && print_more(p, dns, h);
}

void print_dns(struct print *p, uint32_t at, uint32_t len, bool is_tcp, bool is_multicast)
{
    p->proto = "domain";
    if (is_tcp && len < 2) {
        PRINT(p, " [DNS over TCP: length ");
        print_u32(p, len);
        PRINT(p, " < 2]");
        print_invalid(p);
        return;
    }
    if (is_tcp) {
        const uint32_t prefix = print_get_u16(p, at);
        at += 2;
        len -= 2;
        PRINT(p, " ");
        if (prefix != len) {
            PRINT(p, "[prefix length(");
            print_u32(p, prefix);
            PRINT(p, ") != length(");
            print_u32(p, len);
            PRINT(p, ")]");
            print_invalid(p);
            return;
        }
    }
    if (len < HEADER_BYTES) {
        PRINT(p, "domain [length ");
        print_u32(p, len);
        PRINT(p, " < 12]");
        print_invalid(p);
        return;
    }
    const uint8_t *h = print_need(p, at, HEADER_BYTES);
    if (h == NULL) return;
    struct dns dns = {.at = at, .pos = at + HEADER_BYTES, .is_multicast = is_multicast};
    const bool is_response = (get_be16(h + 2) & FLAG_RESPONSE) != 0;
    const bool is_whole = is_response ? print_response(p, &dns, h) : print_query(p, &dns, h);
    if (!is_whole) {
        print_trunc(p);
        return;
    }
    PRINT(p, " (");
    print_u32(p, len);
    PRINT(p, ")");
}
