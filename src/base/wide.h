/* Whole numbers of 128 bits: sums of microseconds over all customers, and products of two numbers of 64 bits. */
#pragma once
__extension__ typedef unsigned __int128 sj_wide;
__extension__ typedef __int128 sj_signed_wide;
