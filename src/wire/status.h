/*
 * What a parser says about the bytes it was given.
 *
 * One vocabulary for every header, so that a caller can count drops by reason without knowing which
 * parser spoke. A status judges the bytes only; whether a well-formed packet is welcome is decided
 * above.
 */
#ifndef VITRO_WIRE_STATUS_H
#define VITRO_WIRE_STATUS_H

enum wire_status {
    WIRE_OK,           /* the repr is filled in */
    WIRE_TRUNCATED,    /* the bytes end before the header, or before the length it claims */
    WIRE_BAD_LENGTH,   /* a length field contradicts the format itself */
    WIRE_BAD_CHECKSUM, /* the checksum does not match */
    WIRE_BAD_VERSION,  /* not the version of the protocol this parser reads */
    WIRE_BAD_VALUE,    /* a field holds what the RFC forbids */
    WIRE_UNSUPPORTED,  /* well formed, but a variant we do not speak */
};

#endif
