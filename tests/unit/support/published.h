/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of draft-mcgrew-gcm-test-01 in hex: key and salt, ESP as it is on the wire, and what is in it.  GMAC with the
 * IV among what is authenticated.
 */
#ifndef TESTS_UNIT_SUPPORT_PUBLISHED_H
#define TESTS_UNIT_SUPPORT_PUBLISHED_H

#define PUBLISHED_GCM_128_KEY "feffe9928665731c6d6a8f9467308308 cafebabe"
#define PUBLISHED_GCM_128                                                                                              \
	"0000a5f80000000a facedbaddecaf888"                                                                            \
	"deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"                                             \
	"3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1 83b70d3aa8bc6ee4c309e9d85a41ad4a"
#define PUBLISHED_GCM_128_INNER                                                                                        \
	"4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100"                                             \
	"0001000000000000037369700963796265726369747902646b0000010001"
#define PUBLISHED_GMAC_128_KEY "4c80cdefbb5d10da906ac73c3613a634 22433c64"
#define PUBLISHED_GMAC_128                                                                                             \
	"0000432100000007 0000000000000000"                                                                            \
	"45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"                                             \
	"65666768696a6b6c6d6e6f707172737401020201 f2a9a836e155106aa8dcd618e4099aaa"
#define PUBLISHED_GMAC_128_INNER                                                                                       \
	"45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"                                             \
	"65666768696a6b6c6d6e6f7071727374"

#endif
