/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is fed with arbitrary octets.  Each target takes an input as libFuzzer's LLVMFuzzerTestOneInput() does, returns
 * 0, and calls abort() when what a decoder lets through breaks a promise.  test_fuzz.c replays the corpus and changes
 * of it in every run of the unit tests; "make fuzz TARGET=wire" makes a program for libFuzzer.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* ISAKMP and GDOI in both roles.  The first octet chooses the decoder, the second its parameter. */
int fuzz_wire(const uint8_t *data, size_t len);
/* The decrypted payloads of a push, from SEQ on. */
int fuzz_push(const uint8_t *data, size_t len);
/* A configuration in Junos' syntax, in either form. */
int fuzz_config(const uint8_t *data, size_t len);
/* The text of a device, as terminals and mail carry it. */
int fuzz_import(const uint8_t *data, size_t len);

#endif
