package io.holdfast.driver;

/** What a transaction may do: read, write, delete, or run another transaction. */
public sealed interface Operation permits RangeRequest, PutRequest, DeleteRequest, TxnRequest {}
