using System.Numerics;
using System.Threading.Channels;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Bench;

/// <summary>The bar: what durable ingest costs when nothing is looked at. CRC-32 and length before each group, one fdatasync a group.</summary>
internal sealed class LogSink : IEventSink, IAsyncDisposable
{
    private const int EventsPerGroup = 512; // as many as the host puts into one turn

    private readonly record struct Offer(IReadOnlyList<Event> Events, TaskCompletionSource Done);

    private readonly Channel<Offer> _offers = System.Threading.Channels.Channel.CreateUnbounded<Offer>(new() { SingleReader = true });
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly Task _writer;
    private long _end;

    public LogSink(string path)
    {
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        _writer = Task.Factory.StartNew(Write, TaskCreationOptions.LongRunning).Unwrap();
    }

    public async ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _offers.Writer.WriteAsync(new(events, done), cancel);
        await done.Task;
        return Accepted(events.Count);
    }

    public static IngestAnswer Accepted(int count)
    {
        var verdicts = new EventVerdict[count];
        Array.Fill(verdicts, new(EventStatus.Accepted));
        return new(false, false, verdicts);
    }

    public async ValueTask DisposeAsync()
    {
        _offers.Writer.Complete();
        await _writer;
        _file.Dispose();
    }

    private async Task Write()
    {
        var group = new List<Offer>();
        while (await _offers.Reader.WaitToReadAsync())
        {
            group.Clear();
            for (var n = 0; n < EventsPerGroup && _offers.Reader.TryRead(out var offer); n += offer.Events.Count) group.Add(offer);
            Append(group);
            foreach (var offer in group) offer.Done.SetResult();
        }
    }

    private void Append(List<Offer> group)
    {
        using var frame = new MemoryStream();
        frame.Write(stackalloc byte[8]);
        foreach (var offer in group)
            foreach (var e in offer.Events) frame.Write(e.Raw.Span);
        var bytes = frame.GetBuffer().AsSpan(0, (int)frame.Length);
        BitConverter.TryWriteBytes(bytes[4..], bytes.Length - 8);
        BitConverter.TryWriteBytes(bytes, Crc(bytes[4..]));
        RandomAccess.Write(_file, bytes, _end);
        RandomAccess.FlushToDisk(_file);
        _end += bytes.Length;
    }

    // CRC-32C: eight bytes an instruction, so that the bar is not held down by its checksum.
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
