/*
 * Numbers in byte order, at any alignment.
 *
 * Written as shifts: compilers make one load and a byte swap of them. "be" is network order, "le"
 * the order of capture files and of most machines. The caller has made sure that the bytes exist.
 */
#ifndef VITRO_BASE_BYTES_H
#define VITRO_BASE_BYTES_H

#include <stdint.h>

/* Reads a big-endian 16-bit number. */
static inline uint16_t get_be16(const uint8_t *p) { return (uint16_t)((uint32_t)p[0] << 8 | p[1]); }

/* Writes a big-endian 16-bit number. */
static inline void put_be16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* Reads a big-endian 32-bit number. */
static inline uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Writes a big-endian 32-bit number. */
static inline void put_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

/* Reads a big-endian 64-bit number. */
static inline uint64_t get_be64(const uint8_t *p)
{
    return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

/* Writes a big-endian 64-bit number. */
static inline void put_be64(uint8_t *p, uint64_t value)
{
    put_be32(p, (uint32_t)(value >> 32));
    put_be32(p + 4, (uint32_t)value);
}

/* Reads a little-endian 16-bit number. */
static inline uint16_t get_le16(const uint8_t *p) { return (uint16_t)((uint32_t)p[1] << 8 | p[0]); }

/* Writes a little-endian 16-bit number. */
static inline void put_le16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

/* Reads a little-endian 32-bit number. */
static inline uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Writes a little-endian 32-bit number. */
static inline void put_le32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

/* Reads a little-endian 64-bit number. */
static inline uint64_t get_le64(const uint8_t *p)
{
    return (uint64_t)get_le32(p + 4) << 32 | get_le32(p);
}

/* Writes a little-endian 64-bit number. */
static inline void put_le64(uint8_t *p, uint64_t value)
{
    put_le32(p + 4, (uint32_t)(value >> 32));
    put_le32(p, (uint32_t)value);
}

#endif
