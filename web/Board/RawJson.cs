using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpsMonitor.Web.Board;

/// <summary>JSON that has been written already: a frame is serialised once, however many viewers it goes to.</summary>
[JsonConverter(typeof(Writer))]
public sealed class RawJson(ReadOnlyMemory<byte> utf8)
{
    public ReadOnlyMemory<byte> Utf8 => utf8;

    public sealed class Writer : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Frames go out only.");

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
