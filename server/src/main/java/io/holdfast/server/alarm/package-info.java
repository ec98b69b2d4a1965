/**
 * What ails the cluster, agreed on by all its members: alarms are raised and cleared in the log.
 */
package io.holdfast.server.alarm;
