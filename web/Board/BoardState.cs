using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;

namespace OpsMonitor.Web.Board;

/// <summary>One board as published: never changes, so any number of viewers read it without a lock.</summary>
/// <param name="Seq">grows with every published change</param>
/// <param name="T">server time, Unix ms</param>
internal sealed record BoardState(string Epoch, long Seq, long T, long AlarmRev, string Board, Titles Title, string Zone, IReadOnlyList<byte[]> Cells)
{
    // Which build answers: a page of another build reloads itself.
    private static readonly string Build = typeof(BoardState).Module.ModuleVersionId.ToString("N")[..12];

    private readonly ConcurrentDictionary<int, RawJson> _frames = new();

    public RawJson Snapshot() => Raw(w =>
    {
        w.WriteStartObject();
        w.WriteString("epoch", Epoch);
        w.WriteNumber("seq", Seq);
        w.WriteNumber("t", T);
        w.WriteNumber("alarmRev", AlarmRev);
        w.WriteString("build", Build);
        w.WriteStartObject("board");
        w.WriteString("id", Board);
        w.WritePropertyName("title");
        JsonSerializer.Serialize(w, Title);
        w.WriteString("zone", Zone);
        w.WriteEndObject();
        w.WriteStartArray("cells");
        foreach (var cell in Cells) w.WriteRawValue(cell, skipInputValidation: true);
        w.WriteEndArray();
        w.WriteEndObject();
    });

    /// <summary>The cells of the set, as they are now. An empty set is the beat.</summary>
    public RawJson Delta(int dirty) => _frames.GetOrAdd(dirty, static (set, state) => Raw(w =>
    {
        w.WriteStartArray();
        w.WriteNumberValue(state.Seq);
        w.WriteNumberValue(state.T);
        w.WriteNumberValue(state.AlarmRev);
        w.WriteStartArray();
        for (var i = 0; i < BoardCells.Count; i++)
        {
            if ((set & (1 << i)) == 0) continue;
            w.WriteNumberValue(i);
            w.WriteRawValue(state.Cells[i], skipInputValidation: true);
        }
        w.WriteEndArray();
        w.WriteEndArray();
    }), this);

    private static RawJson Raw(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer)) write(writer);
        return new(buffer.WrittenMemory);
    }
}
