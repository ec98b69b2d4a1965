package io.holdfast.driver.internal;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Where the reading of a long range has got to.
 *
 * <p>The first page fixes the revision; every further page is read at it, from the key after the
 * last one seen. Not thread-safe.
 */
final class PagedRange {
  private static final Bytes SMALLEST_SUFFIX = Bytes.of(new byte[] {0});

  private final RangeRequest request;
  private final int pageSize;
  private KeyRange rest;
  private long revision;
  private long seen;

  PagedRange(RangeRequest request, int pageSize) {
    this.request = request;
    this.pageSize = pageSize;
    this.rest = request.range();
    this.revision = request.revision();
  }

  /** Refuses requests that cannot be read in pages. */
  static RangeRequest checked(RangeRequest request) {
    if (request.isCountOnly()) {
      throw HoldfastException.invalidArgument("a count has no pages; use range");
    }
    boolean keyOrder =
        request.sortTarget().map(target -> target == RangeRequest.SortTarget.KEY).orElse(true)
            && request.sortOrder() == RangeRequest.SortOrder.ASCENDING;
    if (!keyOrder) {
      throw HoldfastException.invalidArgument(
          "pages come in the order of the keys; use range for another order");
    }
    return request;
  }

  RangeRequest nextRequest() {
    long limit = request.limit() == 0 ? pageSize : Math.min(pageSize, request.limit() - seen);
    return request.over(rest).limit(limit).atRevision(revision);
  }

  /** Takes note of a page; answers whether another one has to be read. */
  boolean hasMoreAfter(RangeResult page) {
    if (revision == 0) {
      revision = page.revision();
    }
    seen += page.keyValues().size();
    boolean limitReached = request.limit() > 0 && seen >= request.limit();
    if (!page.more() || limitReached || page.keyValues().isEmpty()) {
      return false;
    }
    Bytes last = page.keyValues().get(page.keyValues().size() - 1).key();
    rest = KeyRange.of(last.concat(SMALLEST_SUFFIX), request.range().rangeEnd());
    return true;
  }

  long revision() {
    return revision;
  }

  /** A stream that reads a page when it is asked for the first key of it. */
  static Stream<KeyValue> stream(
      RangeRequest request, int pageSize, Function<RangeRequest, RangeResult> read) {
    Iterator<KeyValue> keys = new PageIterator(new PagedRange(request, pageSize), read);
    int characteristics = Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(keys, characteristics), false);
  }

  private static final class PageIterator implements Iterator<KeyValue> {
    private final PagedRange pages;
    private final Function<RangeRequest, RangeResult> read;
    private Iterator<KeyValue> page = List.<KeyValue>of().iterator();
    private boolean more = true;

    PageIterator(PagedRange pages, Function<RangeRequest, RangeResult> read) {
      this.pages = pages;
      this.read = read;
    }

    @Override
    public boolean hasNext() {
      if (!page.hasNext() && more) {
        RangeResult result = read.apply(pages.nextRequest());
        more = pages.hasMoreAfter(result);
        page = result.keyValues().iterator();
      }
      return page.hasNext();
    }

    @Override
    public KeyValue next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the range has no further keys");
      }
      return page.next();
    }
  }
}
