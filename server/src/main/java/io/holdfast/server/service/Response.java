package io.holdfast.server.service;

/**
 * An answer with its header.
 *
 * @param <T> the use case's result
 */
public record Response<T>(ResponseHeader header, T body) {}
