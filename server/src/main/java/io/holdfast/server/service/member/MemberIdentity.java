package io.holdfast.server.service.member;

/**
 * Who a member is, for as long as it lives: chosen when it is founded or added, kept in its log.
 *
 * @param clusterId unsigned
 * @param memberId unsigned
 */
record MemberIdentity(long clusterId, long memberId) {}
