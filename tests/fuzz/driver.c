/*
 * The main of a fuzz target where libFuzzer is not linked (gcc, the smoke run of `make test`).
 *
 *   fuzz_x [--runs N] [--seconds T] [--seed S] [CORPUS-FOLDER | FILE]...
 *
 * Every file given, and every file of a folder given, is run as it is. Then N inputs follow, each
 * made from a corpus file (or from nothing) by a few random mutations: bits and bytes changed,
 * boundary values put in, pieces removed, repeated, or taken from another file. The same seed gives
 * the same inputs; T bounds the time they may take. When the target crashes, the input that did it
 * is written to crash-<target>-<seed>-<run>, and replays as `fuzz_x FILE`.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX  65536u
#define CORPUS_FILES_MAX 4096u
#define MUTATIONS_MAX    8u

struct input {
    uint8_t *data;
    size_t size;
};

/* What the crash handler needs lies at file scope: a signal handler has no other way to it. */
static struct input current;
static char crash_path[512];

struct driver {
    const char *name;
    uint64_t runs;
    uint64_t seconds_max; /* for the mutated inputs; 0: no limit */
    uint64_t seed;
    uint64_t random;
    struct input *corpus;
    size_t corpus_files;
};

/* splitmix64: one 64-bit state, good enough to choose mutations by. */
static uint64_t random_u64(struct driver *driver)
{
    uint64_t z = (driver->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t random_below(struct driver *driver, size_t n)
{
    return n == 0 ? 0 : (size_t)(random_u64(driver) % n);
}

/* The sanitizers end the process themselves; where they are linked, this asks them to call first.
 */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void write_crash(void)
{
    int file = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0) {
        ssize_t written = write(file, current.data, current.size);
        (void)written;
        (void)close(file);
        static const char says[] = "\nfuzz: the input that crashed is in ";
        written = write(2, says, sizeof(says) - 1);
        written = write(2, crash_path, strlen(crash_path));
        written = write(2, "\n", 1);
        (void)written;
    }
}

static void on_crash(int signal_number)
{
    write_crash();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void catch_crashes(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], on_crash);
    }
    if (__sanitizer_set_death_callback != NULL) __sanitizer_set_death_callback(write_crash);
}

/*
 * Runs one input from a block of exactly its size, so that ASan sees a read past its end. An input
 * that takes more than 20 s counts as a crash.
 */
static void run_input(struct driver *driver, const uint8_t *data, size_t size, uint64_t run)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    if (exact == NULL) abort();
    if (size > 0) memcpy(exact, data, size);
    current = (struct input){.data = exact, .size = size};
    snprintf(crash_path, sizeof(crash_path), "crash-%s-%" PRIu64 "-%" PRIu64, driver->name,
             driver->seed, run);
    alarm(20);
    (void)LLVMFuzzerTestOneInput(exact, size);
    alarm(0);
    free(exact);
}

static void corpus_add_file(struct driver *driver, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || driver->corpus_files == CORPUS_FILES_MAX) {
        fprintf(stderr, "fuzz: cannot take %s\n", path);
        exit(2);
    }
    struct input input = {.data = malloc(INPUT_BYTES_MAX)};
    if (input.data == NULL) abort();
    input.size = fread(input.data, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    uint8_t *smaller = realloc(input.data, input.size == 0 ? 1 : input.size);
    if (smaller != NULL) input.data = smaller;
    driver->corpus[driver->corpus_files++] = input;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder's files in the order of their names: the order decides what a seed gives. */
static void corpus_add_folder(struct driver *driver, const char *path, DIR *folder)
{
    char **names = calloc(CORPUS_FILES_MAX, sizeof(*names));
    if (names == NULL) abort();
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL && count < CORPUS_FILES_MAX;) {
        if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
    }
    qsort(names, count, sizeof(*names), by_name);
    for (size_t i = 0; i < count; i++) {
        char full[4096];
        snprintf(full, sizeof(full), "%s/%s", path, names[i]);
        corpus_add_file(driver, full);
        free(names[i]);
    }
    free(names);
}

static void corpus_add(struct driver *driver, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        printf("fuzz: no corpus at %s, starting from nothing\n", path);
        return;
    }
    DIR *folder = S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (folder == NULL) {
        corpus_add_file(driver, path);
        return;
    }
    corpus_add_folder(driver, path, folder);
    closedir(folder);
}

/* One to eight bytes of a value at which length and range checks go wrong. */
static void put_boundary(struct driver *driver, struct input *input)
{
    static const uint64_t values[] = {0,       1,    2,     4,          5,          0x7f,
                                      0x80,    0xff, 0x100, 0x7fff,     0x8000,     0xffff,
                                      0x10000, 40,   60,    0x7fffffff, 0x80000000, 0xffffffff};
    uint64_t value = values[random_below(driver, sizeof(values) / sizeof(values[0]))];
    size_t width = (size_t)1 << random_below(driver, 3);
    if (input->size < width) return;
    size_t at = random_below(driver, input->size - width + 1);
    for (size_t i = 0; i < width; i++) {
        input->data[at + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    }
}

static void remove_piece(struct driver *driver, struct input *input)
{
    if (input->size == 0) return;
    size_t at = random_below(driver, input->size);
    size_t len = 1 + random_below(driver, input->size - at < 64 ? input->size - at : 64);
    memmove(input->data + at, input->data + at + len, input->size - at - len);
    input->size -= len;
}

/* Puts a piece of `from` (which may be the input itself) into the input. */
static void insert_piece(struct driver *driver, struct input *input, const struct input *from)
{
    if (from->size == 0) return;
    size_t start = random_below(driver, from->size);
    size_t len = 1 + random_below(driver, from->size - start < 64 ? from->size - start : 64);
    if (input->size + len > INPUT_BYTES_MAX) return;
    uint8_t piece[64];
    memcpy(piece, from->data + start, len);
    size_t at = random_below(driver, input->size + 1);
    memmove(input->data + at + len, input->data + at, input->size - at);
    memcpy(input->data + at, piece, len);
    input->size += len;
}

static void insert_noise(struct driver *driver, struct input *input)
{
    uint8_t noise[16];
    for (size_t i = 0; i < sizeof(noise); i++) noise[i] = (uint8_t)random_u64(driver);
    insert_piece(driver, input, &(struct input){.data = noise, .size = sizeof(noise)});
}

static void mutate(struct driver *driver, struct input *input)
{
    size_t at = random_below(driver, input->size);
    switch (random_below(driver, 8)) {
    case 0:
    case 1:
        if (input->size > 0) input->data[at] ^= (uint8_t)(1u << random_below(driver, 8));
        break;
    case 2:
        if (input->size > 0) input->data[at] = (uint8_t)random_u64(driver);
        break;
    case 3: put_boundary(driver, input); break;
    case 4: remove_piece(driver, input); break;
    case 5: insert_piece(driver, input, input); break;
    case 6:
        if (driver->corpus_files > 0) {
            insert_piece(driver, input,
                         &driver->corpus[random_below(driver, driver->corpus_files)]);
        }
        break;
    default: insert_noise(driver, input); break;
    }
}

static void run_mutated(struct driver *driver)
{
    struct input input = {.data = malloc(INPUT_BYTES_MAX)};
    if (input.data == NULL) abort();
    const time_t start = time(NULL);
    uint64_t run = 0;
    for (; run < driver->runs; run++) {
        if (driver->seconds_max > 0 && time(NULL) - start >= (time_t)driver->seconds_max) break;
        input.size = 0;
        if (driver->corpus_files > 0) {
            const struct input *from = &driver->corpus[random_below(driver, driver->corpus_files)];
            memcpy(input.data, from->data, from->size);
            input.size = from->size;
        } else {
            for (size_t i = random_below(driver, 8); i > 0; i--) insert_noise(driver, &input);
        }
        for (size_t i = 1 + random_below(driver, MUTATIONS_MAX); i > 0; i--) {
            mutate(driver, &input);
        }
        run_input(driver, input.data, input.size, run);
    }
    printf("fuzz: %" PRIu64 " mutated inputs, all well\n", run);
    free(input.data);
}

static uint64_t number_or_exit(const char *text)
{
    char *end;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text == '\0' || *end != '\0') {
        fprintf(stderr, "fuzz: a number is missing after the option\n");
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    struct driver driver = {
        .name = slash == NULL ? argv[0] : slash + 1,
        .seed = 1,
        .corpus = calloc(CORPUS_FILES_MAX, sizeof(*driver.corpus)),
    };
    if (driver.corpus == NULL) abort();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--runs") == 0) {
            driver.runs = number_or_exit(argv[++i]);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            driver.seconds_max = number_or_exit(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0) {
            driver.seed = number_or_exit(argv[++i]);
        } else {
            corpus_add(&driver, argv[i]);
        }
    }
    driver.random = driver.seed;
    printf("fuzz: %s, %zu corpus files, then %" PRIu64 " mutated inputs, seed %" PRIu64 "\n",
           driver.name, driver.corpus_files, driver.runs, driver.seed);
    fflush(stdout);
    catch_crashes();
    for (size_t i = 0; i < driver.corpus_files; i++) {
        run_input(&driver, driver.corpus[i].data, driver.corpus[i].size, i);
    }
    run_mutated(&driver);
    for (size_t i = 0; i < driver.corpus_files; i++) free(driver.corpus[i].data);
    free(driver.corpus);
    return 0;
}
