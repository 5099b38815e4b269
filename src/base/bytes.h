/*
 * Numbers in byte order, at any alignment.
 *
 * "be" is network order, "le" the order of capture files and of most machines. The caller has made
 * sure that the bytes exist. Reading is written as shifts, of which compilers make one load and a
 * swap; writing as a copy of the swapped number, since of neighbouring stores of single bytes gcc
 * 12 makes a detour through vector registers that costs more than all the rest of a header.
 */
#ifndef VITRO_BASE_BYTES_H
#define VITRO_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_SWAP_BE(bits, value) __builtin_bswap##bits(value)
#define BYTES_SWAP_LE(bits, value) (value)
#else
#define BYTES_SWAP_BE(bits, value) (value)
#define BYTES_SWAP_LE(bits, value) __builtin_bswap##bits(value)
#endif

/* Reads a big-endian 16-bit number. */
static inline uint16_t get_be16(const uint8_t *p) { return (uint16_t)((uint32_t)p[0] << 8 | p[1]); }

/* Writes a big-endian 16-bit number. */
static inline void put_be16(uint8_t *p, uint16_t value)
{
    value = BYTES_SWAP_BE(16, value);
    memcpy(p, &value, sizeof value);
}

/* Reads a big-endian 32-bit number. */
static inline uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Writes a big-endian 32-bit number. */
static inline void put_be32(uint8_t *p, uint32_t value)
{
    value = BYTES_SWAP_BE(32, value);
    memcpy(p, &value, sizeof value);
}

/* Reads a big-endian 64-bit number. */
static inline uint64_t get_be64(const uint8_t *p)
{
    return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

/* Writes a big-endian 64-bit number. */
static inline void put_be64(uint8_t *p, uint64_t value)
{
    value = BYTES_SWAP_BE(64, value);
    memcpy(p, &value, sizeof value);
}

/* Writes a little-endian 16-bit number. */
static inline void put_le16(uint8_t *p, uint16_t value)
{
    value = BYTES_SWAP_LE(16, value);
    memcpy(p, &value, sizeof value);
}

/* Reads a little-endian 32-bit number. */
static inline uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Writes a little-endian 32-bit number. */
static inline void put_le32(uint8_t *p, uint32_t value)
{
    value = BYTES_SWAP_LE(32, value);
    memcpy(p, &value, sizeof value);
}

/* Reads a little-endian 64-bit number. */
static inline uint64_t get_le64(const uint8_t *p)
{
    return (uint64_t)get_le32(p + 4) << 32 | get_le32(p);
}

/* Writes a little-endian 64-bit number. */
static inline void put_le64(uint8_t *p, uint64_t value)
{
    value = BYTES_SWAP_LE(64, value);
    memcpy(p, &value, sizeof value);
}

#endif
