using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Board;

/// <summary>
/// Publishes the boards. A change after quiet goes out at once, a burst at most four times a second, and a beat every second. Each viewer
/// holds one signal and a set of changed cells, never a queue: a slow one skips frames and gets the newest state.
/// </summary>
public sealed class BoardFeed(IOpsHost host, BoardDirectory directory, ILogger<BoardFeed> log) : BackgroundService
{
    private const long QuietMs = 250, BeatMs = 1_000, UnwatchedMs = 10 * 60_000;

    private sealed class Viewer
    {
        public readonly Channel<bool> Signal = OneSlot();
        public int Dirty;
    }

    private sealed class Board(string id, BoardMemory memory)
    {
        public readonly ConcurrentDictionary<Viewer, bool> Viewers = [];
        public string Id => id;
        public string Scope => id == "all" ? "all" : "department/" + id;
        public BoardMemory Memory => memory;
        public bool BackFilled;
        public long WatchedAt = Environment.TickCount64;
        public volatile BoardState? State;
    }

    private readonly ConcurrentDictionary<string, Board> _boards = new(StringComparer.Ordinal);
    private readonly TicketCensus _census = new();
    private readonly Lock _building = new();
    private readonly Channel<bool> _changed = OneSlot();
    private readonly WebChannel _channel = new(host, log);

    /// <summary>A snapshot, then changes. A viewer that knows this epoch gets a snapshot all the same: it is small and always right.</summary>
    /// <exception cref="HubException">There is no such board.</exception>
    internal async IAsyncEnumerable<object> Watch(string id, [EnumeratorCancellation] CancellationToken stop)
    {
        var board = Find(id);
        var viewer = new Viewer();
        board.Viewers[viewer] = true;
        _boards.TryAdd(id, board); // it may have been put away as unwatched just now
        try
        {
            yield return StateOf(board).Snapshot();
            while (await viewer.Signal.Reader.WaitToReadAsync(stop))
            {
                viewer.Signal.Reader.TryRead(out _);
                // The set first, then the state: a change in between is sent twice, never lost.
                var dirty = Interlocked.Exchange(ref viewer.Dirty, 0);
                yield return board.State!.Delta(dirty);
            }
        }
        finally
        {
            board.Viewers.TryRemove(viewer, out _);
            Volatile.Write(ref board.WatchedAt, Environment.TickCount64);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        void OnChanged() => _changed.Writer.TryWrite(true);
        _boards.GetOrAdd("all", NewBoard);
        host.Changed += OnChanged;
        try
        {
            await Task.Yield();
            await Run(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        finally { host.Changed -= OnChanged; }
    }

    private async Task Run(CancellationToken stop)
    {
        var (built, beat) = (0L, 0L);
        while (true)
        {
            if (await Signalled(beat + BeatMs - Environment.TickCount64, stop))
            {
                var rest = built + QuietMs - Environment.TickCount64;
                if (rest > 0) await Task.Delay((int)rest, stop);
                _changed.Reader.TryRead(out _);
            }
            built = Environment.TickCount64;
            var isBeat = built - beat >= BeatMs;
            if (isBeat) beat = built;
            _channel.Tell(() => PublishAll(isBeat));
        }
    }

    private async Task<bool> Signalled(long withinMs, CancellationToken stop)
    {
        if (withinMs <= 0) return false;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timer.CancelAfter((int)withinMs);
        try { return await _changed.Reader.WaitToReadAsync(timer.Token); }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { return false; }
    }

    /// <returns>false where a board could not be built, so that somebody may not see what he should</returns>
    private bool PublishAll(bool beat)
    {
        var whole = true;
        foreach (var board in _boards.Values)
        {
            if (!board.Viewers.IsEmpty) Volatile.Write(ref board.WatchedAt, Environment.TickCount64);
            else if (board.Id != "all" && Environment.TickCount64 - Volatile.Read(ref board.WatchedAt) > UnwatchedMs) _boards.TryRemove(board.Id, out _);
            try { Publish(board, beat); }
            // No beat either, then: a wall that does not get what it should must say so.
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                log.LogError(fault, "board {Board} could not be built", board.Id);
                whole = false;
            }
        }
        return whole;
    }

    private void Publish(Board board, bool beat)
    {
        int dirty;
        var revision = board.State?.AlarmRev;
        lock (_building) dirty = Build(board);
        if (dirty == 0 && !beat && revision == board.State!.AlarmRev) return;
        foreach (var viewer in board.Viewers.Keys)
        {
            Interlocked.Or(ref viewer.Dirty, dirty);
            viewer.Signal.Writer.TryWrite(true);
        }
    }

    /// <returns>the set of cells that are not what they were</returns>
    private int Build(Board board)
    {
        var now = host.Now;
        BackFill(board, now);
        var cells = host.Read(tally => BoardView.Build(tally, directory, now, board.Scope, board.Memory));
        var last = board.State;
        var json = new byte[BoardCells.Count][];
        var dirty = 0;
        for (var i = 0; i < json.Length; i++)
        {
            var text = cells.Json(i);
            var same = last is not null && text.AsSpan().SequenceEqual(last.Cells[i]);
            json[i] = same ? last!.Cells[i] : text;
            if (!same) dirty |= 1 << i;
        }
        var changed = dirty != 0 || last?.AlarmRev != cells.AlarmRev;
        board.State = new(
            host.Epoch, (last?.Seq ?? 0) + (changed ? 1 : 0), now, cells.AlarmRev, board.Id, directory.Board(board.Id), directory.Zone(board.Scope), json);
        return last is null ? 0 : dirty;
    }

    // A read for each minute, so that the writer never waits for the whole hour.
    private void BackFill(Board board, long now)
    {
        if (board.BackFilled) return;
        board.BackFilled = true;
        for (var minute = now - (now % 60_000) - (60 * 60_000); minute < now - (now % 60_000); minute += 60_000)
        {
            var at = minute;
            host.Read(tally => { BoardView.BackFill(tally, directory, at, board.Scope, board.Memory); return 0; });
        }
    }

    private Board Find(string id)
    {
        if (_boards.TryGetValue(id, out var board)) return board;
        var known = id == "all" || directory.Reference.Departments.ContainsKey(id) || host.Read(tally => tally.Books.Find("department/" + id) is not null);
        return known ? _boards.GetOrAdd(id, NewBoard) : throw new HubException("There is no such board. A board is 'all' or the id of a department.");
    }

    private BoardState StateOf(Board board)
    {
        if (board.State is { } state) return state;
        lock (_building)
        {
            if (board.State is null) Build(board);
            return board.State!;
        }
    }

    private Board NewBoard(string id) => new(id, new(_census) { Rollups = host.Rollups });

    private static Channel<bool> OneSlot() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
