/* Runs a fuzz target over files: what was found once stays found. usage: replay_<name> FILE|FOLDER… */
#include <dirent.h>
#include <stdio.h>

#include "target.h"

/* Exactly as many bytes as the file has, so that the address sanitizer sees a read past them. */
static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    long n = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        n = ftell(file);
    uint8_t *bytes = n >= 0 ? malloc((size_t)n + (n == 0)) : NULL;
    const bool is_read = bytes != NULL && fseek(file, 0, SEEK_SET) == 0 && fread(bytes, 1, (size_t)n, file) == (size_t)n;
    if (is_read)
        (void)LLVMFuzzerTestOneInput(bytes, (size_t)n);
    else
        perror(path);
    free(bytes);
    if (file != NULL)
        (void)fclose(file);
    return is_read;
}

static bool run_folder(DIR *folder, const char *path, size_t *n_files) {
    char file[4096];
    bool is_fine = true;
    for (const struct dirent *entry; is_fine && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        is_fine = run_file(file);
        ++*n_files;
    }
    return is_fine;
}

int main(int argc, char **argv) {
    size_t n_files = 0;
    bool is_fine = true;
    for (int i = 1; i < argc && is_fine; i++) {
        DIR *folder = opendir(argv[i]);
        is_fine = folder != NULL ? run_folder(folder, argv[i], &n_files) : run_file(argv[i]);
        n_files += folder == NULL;
        if (folder != NULL)
            (void)closedir(folder);
    }
    printf("%zu inputs\n", n_files);
    return is_fine && n_files > 0 ? 0 : 1;
}
