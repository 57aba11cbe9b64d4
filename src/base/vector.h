/* SJ_VECTOR before a hot loop's function: compiled three times, and the processor's best version is chosen when the program
 * starts. For functions without calls whose loops the compiler turns into vector code by itself; static inline functions they
 * use are compiled along. The versions do the same integer arithmetic, so they give the same answer.
 *
 * Empty where the choice at start (ifunc) is not to be had: other processors and compilers, and under a sanitizer, whose run
 * time is not ready yet when the choice is made. */
#pragma once

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SJ_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SJ_VECTOR
#endif
