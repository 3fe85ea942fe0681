using System.IO.Compression;
using System.Text;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

public sealed class CloudEventWriterTests
{
    private static readonly CloudEvent Answered = new(
        "c1-2", "asterisk-queue-log", "contact.answered", Instant.FromUtc(2012, 7, 1, 8, 0, 3) + Duration.FromTicks(19_999), "contact/c1", 2, new ContactAnswered("a-1", WaitS: 3.5m));

    [Fact]
    public void A_line_is_one_structured_event_with_snake_case_data_and_no_nulls()
    {
        using var output = new MemoryStream();

        Assert.Equal(2, CloudEventWriter.WriteAll(output, [Answered, Answered with { Sequence = 3 }]));

        const string start = """{"specversion":"1.0","id":"c1-2","source":"asterisk-queue-log","type":"contact.answered","time":"2012-07-01T08:00:03.001Z","subject":"contact/c1","sequence":""";
        const string end = ""","data":{"agent_id":"a-1","wait_s":3.5}}""";
        Assert.Equal($"{start}\"2\"{end}\n{start}\"3\"{end}\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void More_than_a_buffer_is_written_whole()
    {
        using var output = new MemoryStream();

        CloudEventWriter.WriteAll(output, Enumerable.Range(0, 5_000).Select(n => Answered with { Sequence = n }));

        Assert.Equal(5_000, output.ToArray().Count(b => b == (byte)'\n'));
    }

    [Fact]
    public void A_packed_file_reads_like_a_plain_one()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (plain, packed) = (Path.Combine(folder.FullName, "log"), Path.Combine(folder.FullName, "log.gz"));
            File.WriteAllText(plain, "队列\n");
            using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest)) gzip.Write("队列\n"u8);
            using var a = LogFile.Open(plain);
            using var b = LogFile.Open(packed);
            Assert.Equal((a.ReadToEnd(), "队列\n"), (b.ReadToEnd(), "队列\n"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_converter_is_found_by_its_name()
    {
        Assert.Equal(["anonymous-bank", "asterisk-queue-log", "uci-incidents"], Converters.All.Select(c => c.Name));
        Assert.IsType<UciIncidentsConverter>(Converters.Find("UCI-incidents"));
        Assert.Null(Converters.Find("volvo"));
    }
}
