/* A disk that misbehaves on command, for tests: LD_PRELOAD, for files below FIRE_FOLDER.

   FIRE_CONTROL is a file of two words, read anew at each call: what, and a number.
     none 0        an honest disk
     slow MS       fsync and fdatasync take so long
     eio_sync 0    they fail with EIO
     eio_write 0   writes fail with EIO
   FIRE_DURABLE is a folder that keeps what would be there after a power cut: contents as they were at the last sync of
   each file (by inode), and names as they were at the last sync of their folder. tests/fire/power.py puts it together. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void find(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
}

static int ours(int fd, char *path) {
  const char *folder = getenv("FIRE_FOLDER");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = folder ? readlink(link, path, 4095) : -1;
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, folder, strlen(folder)) == 0;
}

static long fault(const char *name) {
  char word[32] = "";
  long number = 0;
  const char *control = getenv("FIRE_CONTROL");
  FILE *file = control ? fopen(control, "re") : NULL;
  if (!file) return -1;
  if (fscanf(file, "%31s %ld", word, &number) != 2) word[0] = 0;
  fclose(file);
  return strcmp(word, name) == 0 ? number : -1;
}

static void keep_file(int fd, const char *durable, const struct stat *found) {
  char path[4096], aside[4200], block[65536], own[64];
  ssize_t length;
  snprintf(path, sizeof path, "%s/inode-%lu", durable, (unsigned long)found->st_ino);
  snprintf(aside, sizeof aside, "%s.%d", path, getpid());
  snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
  int from = open(own, O_RDONLY | O_CLOEXEC), to = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  while ((length = read(from, block, sizeof block)) > 0)
    if (real_write(to, block, length) != length) abort();
  close(from);
  close(to);
  rename(aside, path);
}

static void keep_names(const char *folder, const char *durable, const struct stat *found) {
  char path[4096], aside[4200];
  snprintf(path, sizeof path, "%s/folder-%lu", durable, (unsigned long)found->st_ino);
  snprintf(aside, sizeof aside, "%s.%d", path, getpid());
  FILE *list = fopen(aside, "we");
  DIR *open_folder = opendir(folder);
  struct dirent *entry;
  fprintf(list, "%s\n", folder);
  while ((entry = readdir(open_folder)))
    if (entry->d_type == DT_REG) fprintf(list, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
  closedir(open_folder);
  fclose(list);
  rename(aside, path);
}

static int sync_with(int (*real)(int), int fd) {
  char path[4096];
  struct stat found;
  if (!ours(fd, path)) return real(fd);
  if (fault("eio_sync") >= 0) {
    errno = EIO;
    return -1;
  }
  long pause = fault("slow");
  if (pause > 0) {
    struct timespec time = {pause / 1000, pause % 1000 * 1000000};
    while (nanosleep(&time, &time) && errno == EINTR) continue;
  }
  int result = real(fd);
  const char *durable = getenv("FIRE_DURABLE");
  if (!result && durable && !fstat(fd, &found)) {
    if (S_ISDIR(found.st_mode)) keep_names(path, durable, &found);
    else keep_file(fd, durable, &found);
  }
  return result;
}

int fsync(int fd) { return sync_with(real_fsync, fd); }
int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }

static int refused(int fd) {
  char path[4096];
  if (!ours(fd, path) || fault("eio_write") < 0) return 0;
  errno = EIO;
  return 1;
}

ssize_t write(int fd, const void *octets, size_t length) {
  return refused(fd) ? -1 : real_write(fd, octets, length);
}
ssize_t pwrite(int fd, const void *octets, size_t length, off_t place) {
  return refused(fd) ? -1 : real_pwrite(fd, octets, length, place);
}
ssize_t pwrite64(int fd, const void *octets, size_t length, off_t place) {
  return refused(fd) ? -1 : real_pwrite(fd, octets, length, place);
}
