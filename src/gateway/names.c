/*
 * Names of addresses.
 *
 * One block: buckets, entries, and a ring of entries from the one learnt last to the one learnt
 * longest ago, which gives way when all are taken. What is learnt comes from answers of the
 * network, so the hash has a secret key: nobody can choose addresses that meet in one bucket.
 */
#define _GNU_SOURCE /* strnlen */

#include "gateway/names.h"

#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"

/* Buckets, a power of two. */
#define BUCKETS 4096

/* The end of a chain; entries are numbers, so that the block could lie anywhere. */
#define NO_ENTRY UINT16_MAX

struct entry {
    struct list age; /* in names.newest */
    struct vitro_ip ip;
    uint16_t next; /* in its bucket */
    bool is_used;
    char name[NAME_BYTES_MAX];
};

struct names {
    struct hash_key key;
    struct list newest;
    uint16_t bucket[BUCKETS];
    struct entry entry[NAMES_MAX];
};

struct names *names_create(void)
{
    struct names *names = mem_get(sizeof *names);
    if (names == NULL) return NULL;
    /* Without randomness the table still works; only somebody who knows it could make it slow. */
    (void)!getrandom(&names->key, sizeof names->key, GRND_NONBLOCK);
    list_init(&names->newest);
    for (uint32_t i = 0; i < BUCKETS; i++) names->bucket[i] = NO_ENTRY;
    for (uint32_t i = 0; i < NAMES_MAX; i++) list_push_back(&names->newest, &names->entry[i].age);
    return names;
}

void names_destroy(struct names *names) { mem_put(names); }

static uint16_t *bucket_of(struct names *names, const struct vitro_ip *ip)
{
    return &names->bucket[hash_sip13(&names->key, ip->bytes, sizeof ip->bytes) % BUCKETS];
}

static uint16_t find(const struct names *names, const struct vitro_ip *ip)
{
    const uint64_t hash = hash_sip13(&names->key, ip->bytes, sizeof ip->bytes);
    uint16_t at = names->bucket[hash % BUCKETS];
    while (at != NO_ENTRY && !vitro_ip_equal(&names->entry[at].ip, ip)) at = names->entry[at].next;
    return at;
}

/* Takes an entry out of its bucket, in which it is. */
static void forget(struct names *names, uint16_t number)
{
    uint16_t *at = bucket_of(names, &names->entry[number].ip);
    while (*at != number) at = &names->entry[*at].next;
    *at = names->entry[number].next;
}

/* The entry learnt longest ago, or never used, for another address. */
static uint16_t take_oldest(struct names *names, const struct vitro_ip *ip)
{
    struct entry *entry = CONTAINER_OF(list_last(&names->newest), struct entry, age);
    const uint16_t number = (uint16_t)(entry - names->entry);
    if (entry->is_used) forget(names, number);
    entry->is_used = true;
    entry->ip = *ip;
    uint16_t *bucket = bucket_of(names, ip);
    entry->next = *bucket;
    *bucket = number;
    return number;
}

void names_learn(struct names *names, const struct vitro_ip *ip, const char *name)
{
    uint16_t number = find(names, ip);
    if (number == NO_ENTRY) number = take_oldest(names, ip);
    struct entry *entry = &names->entry[number];
    const size_t len = strnlen(name, sizeof entry->name - 1);
    memmove(entry->name, name, len); /* it may be our own text */
    entry->name[len] = '\0';
    list_remove(&entry->age);
    list_push_front(&names->newest, &entry->age);
}

const char *names_find(const struct names *names, const struct vitro_ip *ip)
{
    const uint16_t number = find(names, ip);
    return number != NO_ENTRY ? names->entry[number].name : NULL;
}
