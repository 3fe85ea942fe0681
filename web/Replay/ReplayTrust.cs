using System.Text.Json;

namespace OpsMonitor.Web.Replay;

/// <summary>What depends on how the events arrived, and so never stands in the report. Names places in the input, never values.</summary>
internal static class ReplayTrust
{
    public static void Write(Stream output, Intake intake)
    {
        using var json = new Utf8JsonWriter(output, Json.Plain);
        json.WriteStartObject();
        json.WriteNumber("lines"u8, intake.Lines);
        json.WriteNumber("after_until"u8, intake.AfterUntil);
        json.WriteStartObject("sources"u8);
        foreach (var (name, source) in intake.Sources) Write(json, name, source);
        json.WriteEndObject();
        WriteUnreadable(json, intake);
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    /// <summary>Late is behind the source's newest event by more than live intake accepts.</summary>
    private static void Write(Utf8JsonWriter json, string name, SourceTrust source)
    {
        json.WriteStartObject(name);
        json.WriteNumber("accepted"u8, source.Accepted);
        json.WriteNumber("duplicates"u8, source.Duplicates);
        json.WriteNumber("reordered"u8, source.Reordered);
        json.WriteNumber("late"u8, source.Late);
        json.WriteNumber("unknown"u8, source.Unknown);
        json.WriteNumber("refused"u8, source.IdReused);
        json.WriteStartObject("codes"u8);
        if (source.IdReused > 0) json.WriteNumber("id_reused"u8, source.IdReused);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Of a line that is no event nobody knows the source: these stand by file and line.</summary>
    private static void WriteUnreadable(Utf8JsonWriter json, Intake intake)
    {
        json.WriteStartObject("unreadable"u8);
        json.WriteNumber("count"u8, intake.BadCodes.Values.Sum());
        json.WriteStartObject("codes"u8);
        foreach (var (code, count) in intake.BadCodes) json.WriteNumber(code, count);
        json.WriteEndObject();
        json.WriteStartArray("lines"u8);
        foreach (var bad in intake.Bad)
        {
            json.WriteStartObject();
            json.WriteString("file"u8, bad.File);
            json.WriteNumber("line"u8, bad.Line);
            json.WriteString("code"u8, bad.Error.Code);
            json.WriteString("pointer"u8, bad.Error.Pointer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
