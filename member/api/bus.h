/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names and limits of the bus (org.gvpn.Member1(5)), on which the daemon and its clients agree. */
#ifndef MEMBER_API_BUS_H
#define MEMBER_API_BUS_H

#define BUS_SOCKET "/run/gvpn/bus"
#define BUS_OBJECT "/org/gvpn/Member1"
#define BUS_INTERFACE_PREFIX "org.gvpn.Member1."
#define BUS_INTERFACE BUS_INTERFACE_PREFIX "Manager"
#define BUS_NAME "org.gvpn.Member1" /* on the system bus */
#define BUS_ERROR_FAILED "org.gvpn.Member1.Error.Failed"
#define BUS_ERROR_NO_SUCH_VPN "org.gvpn.Member1.Error.NoSuchVpn"

#define BUS_CONNECTIONS_MAX 32
#define BUS_CONNECTIONS_OTHERS 24
#define BUS_UNREAD_MAX 16          /* replies that wait for one client, beyond BUS_SOCKET_BUFFER octets */
#define BUS_UNREAD_SYSTEM_MAX 1024 /* the same of the system bus, which reads for many */
#define BUS_SOCKET_BUFFER (256 * 1024)
#define BUS_INPUT_MAX (4 * 1024 * 1024) /* octets of one message to the daemon */
#define BUS_EVENTS_MAX 256              /* that wait to be sent: as many as one turn of the event loop may bring */
#define BUS_TEXT_MAX 256

#endif
