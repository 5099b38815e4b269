/*
 * Watching a file of the host's configuration: that it may be another one now.
 */
#ifndef VITRO_GATEWAY_FILE_WATCH_H
#define VITRO_GATEWAY_FILE_WATCH_H

/* Begins to watch an absolute path, whether there is something or not. Returns a descriptor that
 * becomes readable when something has happened, or -1: the host has none to give. */
int file_watch_open(const char *path);

/* Takes what has happened, and goes on watching `path`, wherever it leads to by now. */
void file_watch_take(int fd, const char *path);

#endif
