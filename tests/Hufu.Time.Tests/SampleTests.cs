namespace Hufu.Time.Tests;

/// <summary>Files that tools wrote elsewhere, where they are at hand.</summary>
public class SampleTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("T5-time/ntpq-centos.txt", "ntpq-peers Fine")]
    [InlineData("T5-time/ntpq-ubuntu-p2.txt", "ntpq-peers Fine")]
    [InlineData("T5-time/timedatectl-centos.txt", "timedatectl Stated")]
    [InlineData("T5-time/timedatectl-timesync-status.txt", "timesync-status Fine")]
    [InlineData("made-here/T5-time/chrony/chrony-measurements.log", "chrony-measurements-log Fine")]
    [InlineData("made-here/T5-time/chrony/chrony-tracking.log", "chrony-tracking-log Fine")]
    [InlineData("made-here/T5-time/chrony/chronyc-activity.txt", "chronyc-activity Unknown")]
    [InlineData("made-here/T5-time/chrony/chronyc-c-sources.csv", "chronyc-sources Fine")]
    [InlineData("made-here/T5-time/chrony/chronyc-c-tracking-unsynchronised.csv", "chronyc-tracking Unsynchronised")]
    [InlineData("made-here/T5-time/chrony/chronyc-c-tracking.csv", "chronyc-tracking Fine")]
    [InlineData("made-here/T5-time/chrony/chronyc-ntpdata.txt", "chronyc-ntpdata Unknown")]
    [InlineData("made-here/T5-time/chrony/chronyc-sources-v.txt", "chronyc-sources Fine")]
    [InlineData("made-here/T5-time/chrony/chronyc-sourcestats.txt", "chronyc-sourcestats Unknown")]
    [InlineData("made-here/T5-time/chrony/chronyc-tracking-unsynchronised.txt", "chronyc-tracking Unsynchronised")]
    [InlineData("made-here/T5-time/chrony/chronyc-tracking.txt", "chronyc-tracking Fine")]
    [InlineData("made-here/T5-time/chrony/ntp-raw-replies.txt", "ntp-reply Stated, ntp-reply Unsynchronised")]
    public void A_file_of_a_tool_is_read_without_a_problem(string path, string expected)
    {
        var file = Path.Combine(Root, "../shared/data/ops", path);
        if (!File.Exists(file)) Assert.Skip($"{path} is not at hand");
        var read = TimeReader.Read(File.ReadAllBytes(file), path);
        Assert.True(read.IsOk, string.Join("; ", read.Errors));
        Assert.Equal(expected, string.Join(", ", read.Value.Select(r => $"{r.Kind} {r.Verdict}")));
        Assert.Empty(read.Value.SelectMany(r => r.Problems));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hufu.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? ".";
    }
}
