using System.IO.Compression;
using System.Text;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// What a subject's grain keeps: its events as they came, its alerts' lives, how often it has told its row and to whom. Own bytes rather than
/// a serializer's, so that any later version can read them: a layout number, then the parts, packed.
/// </summary>
public sealed class SubjectState
{
    // The layout says whether the parts are packed: a packer's start costs more than a small state.
    private const byte Plain = 1, Packed = 2;
    private const int WorthPacking = 4 * 1024;

    public long Version { get; set; }

    /// <summary>All departments and queues that ever heard of it: they must hear it too when they are no longer concerned.</summary>
    public SortedSet<string> Scopes { get; set; } = new(StringComparer.Ordinal);

    /// <summary>All customers that ever heard of it, for the same reason.</summary>
    public SortedSet<string> Customers { get; set; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Alert> Alerts { get; set; } = [];

    public IReadOnlyList<Event> Events { get; set; } = [];

    public byte[] ToBytes()
    {
        using var parts = new MemoryStream(1024);
        using (var w = new BinaryWriter(parts, Encoding.UTF8, leaveOpen: true)) Write(w);
        using var bytes = new MemoryStream((int)parts.Length + 1);
        bytes.WriteByte(parts.Length < WorthPacking ? Plain : Packed);
        parts.Position = 0;
        if (parts.Length < WorthPacking) parts.CopyTo(bytes);
        else using (var packed = new DeflateStream(bytes, CompressionLevel.Fastest, leaveOpen: true)) parts.CopyTo(packed);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">a later version wrote it, or it is damaged</exception>
    public static SubjectState FromBytes(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length == 0) return new();
        var parts = new MemoryStream(bytes[1..].ToArray());
        using Stream read = bytes.Span[0] switch
        {
            Plain => parts,
            Packed => new DeflateStream(parts, CompressionMode.Decompress),
            var other => throw new InvalidDataException($"a subject's state has layout {other}; this version knows up to {Packed}"),
        };
        using var r = new BinaryReader(read, Encoding.UTF8);
        var state = new SubjectState { Version = r.ReadInt64() };
        foreach (var names in new[] { state.Scopes, state.Customers })
            for (var left = r.ReadInt32(); left > 0; left--) names.Add(r.ReadString());
        state.Alerts = Wire.Unpack<Alert[]>(r.ReadBytes(r.ReadInt32()));
        state.Events = TurnFrame.Read(r.ReadBytes(r.ReadInt32())).Events;
        return state;
    }

    private void Write(BinaryWriter w)
    {
        w.Write(Version);
        Names(w, Scopes);
        Names(w, Customers);
        Part(w, Wire.Pack(Alerts));
        Part(w, TurnFrame.Write(0, Events));
    }

    private static void Names(BinaryWriter w, SortedSet<string> names)
    {
        w.Write(names.Count);
        foreach (var name in names) w.Write(name);
    }

    private static void Part(BinaryWriter w, byte[] part)
    {
        w.Write(part.Length);
        w.Write(part);
    }
}
