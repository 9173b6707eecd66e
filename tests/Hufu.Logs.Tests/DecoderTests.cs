namespace Hufu.Logs.Tests;

public class DecoderTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogParseOptions? options = null) => LogParser.Parse(line, Reference, "test", options ?? Options);

    [Theory]
    [InlineData("<38>Jan  4 01:02:03 h sshd[9]: Failed password for root from 203.0.113.9 port 4711 ssh2", "sshd")]
    [InlineData("<190>Jan  4 01:02:03 h nginx: 203.0.113.9 - - [04/Jan/2026:01:02:03 +0000] \"GET / HTTP/1.1\" 200 1", "access")]
    [InlineData("type=USER_LOGIN msg=audit(1767488523.123:456): pid=812 uid=0 msg='op=login res=failed'", "auditd")]
    [InlineData("{\"eventSource\":\"signin.amazonaws.com\",\"eventName\":\"ConsoleLogin\",\"awsRegion\":\"us-east-1\",\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-04T01:02:03Z\"}", "cloudtrail")]
    [InlineData("{\"a\":1,\"b\":\"x\"}", null)]
    [InlineData("{\"log\":\"Failed password for root from 203.0.113.9 port 4711 ssh2\\n\",\"tag\":\"sshd\",\"stream\":\"stdout\",\"time\":\"2026-01-04T01:02:03Z\"}", "sshd")]
    [InlineData("<38>Jan  4 01:02:03 h some[9]: words that nothing knows", null)]
    [InlineData("CEF:0|a|b|c|d|e|5|src=10.0.0.1", null)]
    public void AnEventNamesTheDecoderOfWhatItCarries(string line, string? decoder) => Assert.Equal(decoder, Read(line).Field("log.decoder"));

    [Theory]
    [InlineData("sshd[1]: Failed password for x from 1.1.1.1 port 1 ssh2 from 203.0.113.9 port 4242 ssh2", "user=x from 1.1.1.1 port 1 ssh2¦src_ip=203.0.113.9¦src_port=4242")]
    [InlineData("sshd[1]: Invalid user  from 203.0.113.9 port 4242", "src_ip=203.0.113.9¦invalid_user=true")]
    [InlineData("sshd[1]: Connection closed by authenticating user root 203.0.113.9 port 4242 [preauth]", "user=root¦src_ip=203.0.113.9¦src_port=4242")]
    [InlineData("sshd[1]: Received disconnect from 203.0.113.9: 11: Bye Bye [preauth]", "src_ip=203.0.113.9")]
    [InlineData("sshd[1]: Disconnected from user alice 2001:db8::9 port 22", "user=alice¦src_ip=2001:db8::9")]
    [InlineData("sshd[1]: error: maximum authentication attempts exceeded for invalid user admin from 203.0.113.9 port 22 ssh2 [preauth]", "user=admin¦outcome=failure¦invalid_user=true")]
    [InlineData("sshd[1]: User bob from 203.0.113.9 not allowed because not listed in AllowUsers", "user=bob¦reason=not listed in AllowUsers")]
    [InlineData("sshd[1]: message repeated 3 times: [ Failed password for root from 203.0.113.9 port 22 ssh2]", "user=root¦outcome=failure¦repeated=3")]
    [InlineData("sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root", "user=root¦src_ip=203.0.113.9¦outcome=failure¦action=login")]
    [InlineData("sshd[1]: pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)", "user=alice¦session=opened¦pam_service=sshd")]
    [InlineData("sshd-session[1]: Accepted publickey for 王小明 from 203.0.113.9 port 1 ssh2: ED25519 SHA256:x", "user=王小明¦method=publickey")]
    [InlineData("sudo:   alice : TTY=pts/0 ; PWD=/home/a b ; USER=root ; GROUP=adm ; ENV=X=1 ; COMMAND=/bin/sh -c 'a ; USER=x'", "user=alice¦pwd=/home/a b¦target_user=root¦command=/bin/sh -c 'a ; USER=x'")]
    [InlineData("su[5]: FAILED SU (to root) eve on pts/1", "user=eve¦target_user=root¦outcome=failure")]
    [InlineData("su: (to root) alice on pts/1", "user=alice¦outcome=success")]
    [InlineData("su: + /dev/pts/0 alice:root", "user=alice¦target_user=root¦tty=/dev/pts/0")]
    [InlineData("useradd[9]: new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/bash, from=/dev/pts/0", "target_user=eve¦UID=1001¦shell=/bin/bash¦action=user-added")]
    [InlineData("CRON[5]: (root) CMD (test -x /a && (cd / ; run))", "user=root¦command=test -x /a && (cd / ; run)")]
    [InlineData("crond[5]: (bob) FAILED to authorize user with PAM (Permission denied)", "user=bob¦reason=Permission denied¦outcome=failure")]
    [InlineData("crontab[5]: (alice) REPLACE (alice)", "user=alice¦action=replaced")]
    [InlineData("/usr/sbin/cron[5]: (root) CMD (ls)", "command=ls")]
    [InlineData("systemd[1]: nginx.service: Main process exited, code=exited, status=1/FAILURE", "unit=nginx.service¦exit_status=1/FAILURE")]
    [InlineData("systemd[1]: Failed to start The nginx HTTP server.", "unit=The nginx HTTP server¦outcome=failure")]
    [InlineData("systemd-logind[7]: New session 12 of user alice.", "session=12¦user=alice")]
    [InlineData("login[7]: FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", "user=root¦outcome=failure¦tty=/dev/tty1")]
    [InlineData("postfix/smtpd[3]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", "src_ip=203.0.113.9¦method=LOGIN¦outcome=failure")]
    [InlineData("postfix/smtpd[3]: NOQUEUE: reject: RCPT from unknown[2001:db8::9]: 554 5.7.1 <a@b.example>: Relay access denied; from=<x@y.example> to=<a@b.example> proto=ESMTP helo=<z>", "src_ip=2001:db8::9¦code=554¦from=x@y.example¦to=a@b.example¦helo=z")]
    [InlineData("postfix/smtp[3]: 4F9D195432C: to=<a@b.example>, relay=mx.b.example[198.51.100.7]:25, delay=1.5, delays=0.1/0/0.4/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as X, fine)", "queue_id=4F9D195432C¦to=a@b.example¦status=sent¦reason=250 2.0.0 Ok: queued as X, fine")]
    [InlineData("postfix/submission/smtpd[3]: 4F9: client=pc[10.0.0.9], sasl_method=PLAIN, sasl_username=alice", "user=alice¦src_ip=10.0.0.9")]
    [InlineData("postfix/qmgr[3]: 4F9: from=<a@b.example>, size=1234, nrcpt=1 (queue active)", "from=a@b.example¦size=1234")]
    [InlineData("dovecot: imap-login: Login: user=<alice@b.example>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.2, mpid=12, TLS, session=<a/b+c>", "user=alice@b.example¦rip=203.0.113.9¦session=a/b+c¦outcome=success")]
    [InlineData("dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<bob>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.2", "user=bob¦rip=203.0.113.9¦outcome=failure")]
    [InlineData("dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<bob>, rip=203.0.113.9", "user=bob¦outcome=failure")]
    [InlineData("dovecot: auth-worker(77): sql(bob,203.0.113.9,<x>): Password mismatch", "user=bob¦src_ip=203.0.113.9¦reason=Password mismatch")]
    [InlineData("named[3]: client @0x7f3c 10.0.0.5#53124 (www.example): query: www.example IN AAAA +E(0)K (10.0.0.1)", "src_ip=10.0.0.5¦src_port=53124¦query=www.example¦query_type=AAAA¦dst_ip=10.0.0.1")]
    [InlineData("named[3]: client 2001:db8::5#53 (a.example): query (cache) 'a.example/ANY/IN' denied", "src_ip=2001:db8::5¦query=a.example¦query_type=ANY¦outcome=failure")]
    [InlineData("dhcpd[3]: DHCPREQUEST for 10.0.0.7 (10.0.0.1) from 00:11:22:33:44:55 (pc-7) via eth0", "client_ip=10.0.0.7¦server_ip=10.0.0.1¦client_mac=00:11:22:33:44:55¦client_host=pc-7¦interface=eth0")]
    [InlineData("dhcpd[3]: DHCPACK on 10.0.0.7 to 00:11:22:33:44:55 via eth0", "client_ip=10.0.0.7¦action=DHCPACK")]
    [InlineData("dnsmasq-dhcp[3]: DHCPACK(eth0) 10.0.0.7 00:11:22:33:44:55 pc-7", "action=DHCPACK¦client_ip=10.0.0.7¦client_host=pc-7")]
    [InlineData("haproxy[14389]: 10.0.1.2:33317 [04/Jan/2026:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"", "src_ip=10.0.1.2¦src_port=33317¦frontend=http-in¦backend=static¦server=srv1¦sc-status=200¦cs-method=GET¦c-uri=/index.html")]
    [InlineData("haproxy[1]: [2001:db8::9]:443 [04/Jan/2026:12:14:14.655] fe~ bck/<NOSRV> -1/-1/-1/-1/0 400 187 - - PR-- 1/1/0/0/0 0/0 \"<BADREQ>\"", "src_ip=2001:db8::9¦src_port=443¦server=<NOSRV>¦request=<BADREQ>")]
    [InlineData("haproxy[1]: 10.0.1.2:33313 [04/Jan/2026:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0", "backend=bck¦sc-bytes=212")]
    [InlineData("haproxy[1]: 10.0.1.2:5 [04/Jan/2026:12:12:51.443] fe/1: SSL handshake failure", "frontend=fe¦reason=SSL handshake failure")]
    [InlineData("audit[1]: USER_AUTH pid=1 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=203.0.113.9 addr=203.0.113.9 terminal=ssh res=failed'", "type=USER_AUTH¦acct=root¦src_ip=203.0.113.9¦res=failed¦event.module=auditd")]
    [InlineData("radiusd[9]: (12) Login incorrect (mschap: MS-CHAP2-Response is incorrect): [bob/<via Auth-Type = EAP>] (from client ap1 port 13 cli AA-BB)", "user=bob¦auth_type=EAP¦reason=mschap: MS-CHAP2-Response is incorrect¦station=AA-BB¦outcome=failure")]
    [InlineData("postgres[9]: [3-1] 2026-01-04 01:02:03.123 UTC [9] eve@shop FATAL:  password authentication failed for user \"eve\"", "user=eve¦database=shop¦level=FATAL¦outcome=failure")]
    [InlineData("mysqld[9]: 2026-01-04 01:02:03 8 [Warning] Access denied for user 'root'@'203.0.113.9' (using password: YES)", "user=root¦src_host=203.0.113.9¦outcome=failure")]
    [InlineData("ovpn-server[9]: 203.0.113.9:51820 [alice] Peer Connection Initiated with [AF_INET]203.0.113.9:51820", "user=alice¦src_ip=203.0.113.9¦src_port=51820")]
    [InlineData("openvpn[9]: alice/203.0.113.9:51820 MULTI_sva: pool returned IPv4=10.8.0.2, IPv6=(Not enabled)", "user=alice¦client_ip=10.8.0.2")]
    [InlineData("radiusd[9]: (5) Login incorrect (mschap: MS-CHAP2-Response is incorrect): [bob] (from client ap1 port 0 cli AA-BB-CC-DD-EE-FF)", "user=bob¦client=ap1¦station=AA-BB-CC-DD-EE-FF¦outcome=failure")]
    [InlineData("audisp-syslog: type=USER_LOGIN msg=audit(1767488523.123:456): pid=812 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.9 terminal=ssh res=failed'", "type=USER_LOGIN¦acct=root¦addr=203.0.113.9¦src_ip=203.0.113.9¦res=failed¦serial=456")]
    [InlineData("sudo[7]: alice : PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id", "user=alice¦target_user=root¦command=/usr/bin/id¦outcome=success")]
    [InlineData("sudo: eve : user NOT in sudoers ; PWD=/ ; USER=root ; COMMAND=/bin/ls", "user=eve¦reason=user NOT in sudoers¦outcome=failure")]
    [InlineData("sudo: alice : (command continued) -x -y", "user=alice¦command=-x -y")]
    [InlineData("sshd[1]: pam_faillock(sshd:auth): Consecutive login failures for user eve account temporarily locked", "user=eve¦pam_module=pam_faillock¦action=locked")]
    [InlineData("sshd[1]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"", "user=root¦reason=uid >= 1000")]
    [InlineData("login[1]: pam_unix(login:chauthtok): password changed for bob", "target_user=bob¦action=password-changed")]
    [InlineData("sudo[1]: pam_unix(sudo:auth): auth could not identify password for [bob]", "user=bob¦action=login¦outcome=failure")]
    [InlineData("unix_chkpwd[1]: password check failed for user (eve)", "user=eve¦action=login¦outcome=failure")]
    [InlineData("gpasswd[1]: user eve added by root to group sudo", "target_user=eve¦user=root¦group=sudo¦action=group-member-added")]
    [InlineData("userdel[1]: delete 'eve' from shadow group 'adm'", "target_user=eve¦group=adm¦action=group-member-removed")]
    [InlineData("userdel[1]: removed group 'eve' owned by 'eve'", "group=eve¦action=group-removed")]
    [InlineData("groupdel[1]: group 'ops' removed", "group=ops¦action=group-removed")]
    [InlineData("usermod[1]: change user 'bob' shell from '/usr/sbin/nologin' to '/bin/bash'", "target_user=bob¦attribute=shell¦new_value=/bin/bash¦action=user-changed")]
    [InlineData("usermod[1]: unlock user 'bob' password", "target_user=bob¦action=user-unlocked")]
    [InlineData("su: BAD SU eve to root on /dev/ttyp0", "user=eve¦target_user=root¦outcome=failure")]
    [InlineData("sshd[1]: Accepted publickey for alice from 203.0.113.9 port 4 ssh2: ED25519 SHA256:abc", "user=alice¦key_type=ED25519¦key_fingerprint=SHA256:abc")]
    [InlineData("sshd[1]: User bob from 203.0.113.9 not allowed because none of user's groups are listed in AllowGroups", "user=bob¦src_ip=203.0.113.9¦outcome=failure")]
    [InlineData("sshd[1]: error: PAM: Authentication failure for illegal user eve from 203.0.113.9", "user=eve¦src_ip=203.0.113.9¦invalid_user=true")]
    [InlineData("sshd[1]: Postponed publickey for invalid user eve from 203.0.113.9 port 4 ssh2 [preauth]", "user=eve¦src_ip=203.0.113.9¦method=publickey")]
    [InlineData("sshd[1]: banner exchange: Connection from 203.0.113.9 port 4: invalid format", "src_ip=203.0.113.9¦reason=invalid format")]
    [InlineData("sshd[1]: ssh_dispatch_run_fatal: Connection from authenticating user root 203.0.113.9 port 4: Broken pipe [preauth]", "user=root¦src_ip=203.0.113.9")]
    [InlineData("sshd[1]: fatal: Timeout before authentication for 203.0.113.9 port 4", "src_ip=203.0.113.9¦action=timeout")]
    [InlineData("sshd[1]: Timeout before authentication for connection from 203.0.113.9 to 10.0.0.1, pid = 77", "src_ip=203.0.113.9¦dst_ip=10.0.0.1")]
    [InlineData("sshd[1]: drop connection #10 from [203.0.113.9]:4 on [10.0.0.1]:22 past MaxStartups", "src_ip=203.0.113.9¦dst_port=22¦action=dropped")]
    [InlineData("sshd[1]: srclimit_penalise: ipv4: new 203.0.113.9/32 deferred penalty of 5 seconds for penalty: failed authentication", "src_ip=203.0.113.9")]
    [InlineData("systemd[1]: Started nginx.service - A high performance web server.", "unit=nginx.service¦description=A high performance web server¦action=started")]
    [InlineData("systemd[1]: Failed to start nginx.service - A high performance web server.", "unit=nginx.service¦outcome=failure")]
    [InlineData("openvpn[9]: user 'bob' could not authenticate.", "user=bob¦action=login¦outcome=failure")]
    [InlineData("openvpn[9]: TLS Error: cannot locate HMAC in incoming packet from [AF_INET]203.0.113.9:34745", "src_ip=203.0.113.9¦src_port=34745¦reason=cannot locate HMAC in incoming packet")]
    [InlineData("haproxy[9]: Connect from 203.0.113.9:40780 to 10.0.0.1:5000 (main/HTTP)", "src_ip=203.0.113.9¦dst_port=5000¦frontend=main¦mode=HTTP")]
    [InlineData("dhcpd[9]: DHCPREQUEST for 10.0.0.9 from 00:11:22:33:44:55 via eth0: wrong network.", "interface=eth0¦reason=wrong network.¦outcome=failure")]
    [InlineData("dhcpd[9]: Advertise NA: address 2001:db8::1 to client with duid 00:02:00:00 iaid = -162 valid for 7200 seconds", "client_ip=2001:db8::1¦client_duid=00:02:00:00¦action=Advertise")]
    [InlineData("unbound[9]: [26931:0] info: 10.0.0.5 www.example. TXT IN", "src_ip=10.0.0.5¦query=www.example¦record_type=TXT")]
    [InlineData("dnsmasq[9]: query[AAAA] www.example from 10.0.0.5", "src_ip=10.0.0.5¦query=www.example¦record_type=AAAA")]
    [InlineData("dnsmasq[9]: 77 10.0.0.5/4242 reply www.example is 203.0.113.9", "query=www.example¦answer=203.0.113.9")]
    [InlineData("kernel: audit: type=1400 audit(1767488523.123:456): apparmor=\"DENIED\" operation=\"open\" name=\"/etc/shadow\" pid=7 comm=\"cat\"", "type=AVC¦apparmor=DENIED¦name=/etc/shadow¦comm=cat")]
    [InlineData("postfix/smtpd[3]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=eve", "src_ip=203.0.113.9¦user=eve¦outcome=failure")]
    [InlineData("postfix/smtpd[3]: 4F9: client=pc[10.0.0.9], sasl_method=PLAIN, sasl_username=alice, sasl_sender=a@b.example", "user=alice¦sender=a@b.example")]
    [InlineData("postfix/smtpd[3]: 4F9: milter-reject: END-OF-MESSAGE from x.example[203.0.113.9]: 5.7.1 Spam; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>", "src_ip=203.0.113.9¦from=a@b.example¦action=rejected")]
    [InlineData("postfix/postscreen[3]: NOQUEUE: reject: RCPT from [203.0.113.9]:4242: 550 5.7.1 Service unavailable; client [203.0.113.9] blocked using z.example; from=<a@b.example>, to=<c@d.example>, proto=ESMTP, helo=<x>", "src_ip=203.0.113.9¦code=550¦to=c@d.example¦action=rejected")]
    [InlineData("postfix/postscreen[3]: PREGREET 11 after 0.1 from [203.0.113.9]:4242: EHLO x", "src_ip=203.0.113.9¦action=rejected")]
    [InlineData("postfix/smtpd[3]: Anonymous TLS connection established from x.example[203.0.113.9]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", "src_ip=203.0.113.9¦tls_version=TLSv1.3¦cipher=TLS_AES_256_GCM_SHA384")]
    [InlineData("dovecot: imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) (auth_failed): user=<eve>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.2", "user=eve¦rip=203.0.113.9¦code=auth_failed¦action=login¦outcome=failure")]
    [InlineData("dovecot: pop3-login: Disconnected: Auth process broken (auth failed, 2 attempts in 9 secs): user=<eve>, rip=203.0.113.9", "user=eve¦outcome=failure")]
    [InlineData("dovecot: imap(alice): Logged out in=1 out=2", "service=imap¦user=alice")]
    [InlineData("named[3]: client 10.0.0.5#53124: query: www.example IN A + (10.0.0.1)", "src_ip=10.0.0.5¦query=www.example¦query_type=A")]
    [InlineData("named[3]: client @0x7 203.0.113.9#53124 (a.example): zone transfer 'a.example/AXFR/IN' denied", "query=a.example¦query_type=AXFR¦outcome=failure")]
    [InlineData("named[3]: client @0x7 203.0.113.9#53124 (a.example): transfer of 'a.example/IN': AXFR started (serial 1)", "query=a.example¦query_type=AXFR¦action=zone-transfer")]
    [InlineData("named[3]: client @0x7 10.0.0.5#53124 (x.evil): rpz QNAME NXDOMAIN rewrite x.evil/A/IN via x.evil.rpz", "query=x.evil¦rpz_action=NXDOMAIN¦rule=x.evil.rpz")]
    [InlineData("(squid-1)[3]: 1767488523.123    120 10.0.0.5 TCP_DENIED/403 1234 CONNECT x.example:443 - HIER_NONE/- text/html", "c-ip=10.0.0.5¦sc-status=403¦cs-method=CONNECT¦c-uri=x.example:443")]
    [InlineData("snort[3]: [1:2010935:3] ET SCAN x [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 203.0.113.9:4242 -> 10.0.0.1:1433", "signature_id=2010935¦signature=ET SCAN x¦priority=2¦protocol=TCP¦src_ip=203.0.113.9¦dst_port=1433")]
    [InlineData("radiusd[9]: Login incorrect (pap: no match): [eve/<CHAP-Password>] (from client ap1 port 0)", "user=eve¦auth_type=CHAP-Password¦outcome=failure")]
    [InlineData("radiusd[9]: Login incorrect (pap: no match): [eve/Secret/1] (from client ap1 port 0)", "user=eve¦outcome=failure¦reason=pap: no match")]
    [InlineData("radiusd[9]: (5) Login OK: [host/pc7.example.test] (from client ap1 port 0 cli AA-BB)", "user=host/pc7.example.test¦outcome=success")]
    [InlineData("radiusd[9]: (5) Login incorrect: [host/pc7.example.test/Secret] (from client ap1 port 0 cli AA-BB)", "user=host/pc7.example.test¦outcome=failure")]
    [InlineData("ulogd[9]: IN=eth0 OUT= MAC=aa:bb SRC=2001:db8::4 DST=2001:db8::1 LEN=60 PROTO=TCP SPT=4000 DPT=22 SYN", "SRC=2001:db8::4¦dst_port=22¦src_ip=2001:db8::4")]
    [InlineData("suricata[9]: {\"timestamp\":\"2026-01-04T01:02:03.000000+0000\",\"flow_id\":1,\"event_type\":\"alert\",\"src_ip\":\"203.0.113.9\",\"alert\":{\"severity\":1,\"signature\":\"ET x\"}}", "src_ip=203.0.113.9¦alert.signature=ET x¦event.module=suricata")]
    [InlineData("app[9]: level=error msg=\"no route\" peer=10.0.0.1", "msg=no route¦peer=10.0.0.1")]
    public void Messages_GiveFields(string message, string expected)
    {
        var read = Read("<86>Jan  4 01:02:03 h " + message);
        Assert.Empty(read.Problems);
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal((LogFormats.Syslog3164, "h", 6), (read.Format, read.Host, read.Severity));
    }

    [Theory]
    [InlineData("type=SYSCALL msg=audit(1767488523.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55 a1=2F62 ppid=1 comm=\"bash\" exe=\"/bin/bash\" key=\"rootcmd\"\u001DARCH=x86_64 SYSCALL=execve AUID=\"root\"", "auditd", "syscall=59¦SYSCALL=execve¦comm=bash¦a1=2F62¦key=rootcmd¦AUID=root", "2026-01-04T01:02:03.123Z")]
    [InlineData("type=EXECVE msg=audit(1767488523.123:456): argc=3 a0=\"sh\" a1=\"-c\" a2=6563686F20E6B8AC", "auditd", "a0=sh¦a2=echo 測", "2026-01-04T01:02:03.123Z")]
    [InlineData("type=PROCTITLE msg=audit(1767488523.123:456): proctitle=636174002F6574632F736861646F77", "auditd", "proctitle=cat /etc/shadow", "2026-01-04T01:02:03.123Z")]
    [InlineData("node=web01 type=SOCKADDR msg=audit(1767488523.123:456): saddr=02000050CB0071090000000000000000", "auditd", "saddr_ip=203.0.113.9¦saddr_port=80", "2026-01-04T01:02:03.123Z")]
    [InlineData("1767488523.123    120 10.0.0.5 TCP_MISS/200 1234 GET http://x.example/a alice HIER_DIRECT/198.51.100.7 text/html", "squid", "c-ip=10.0.0.5¦sc-status=200¦cs-method=GET¦c-uri=http://x.example/a¦cs-username=alice¦r-ip=198.51.100.7¦cs-mime-type=text/html", "2026-01-04T01:02:03.123Z")]
    [InlineData("1767488523.391    104 10.0.0.5 58938 TCP_MISS/200 904 123 364 123 528 GET http://www.example/ 1.1 bob HIER_DIRECT/203.0.113.10 80 text/html - - \"-\" \"curl/8\" \"www.example\" \"-\" 53 -", "squid", "c-port=58938¦sc-status=200¦cs-method=GET¦c-uri=http://www.example/¦cs-username=bob¦r-ip=203.0.113.10¦cs-host=www.example", "2026-01-04T01:02:03.391Z")]
    [InlineData("1767488523.391    104 10.0.0.5 TCP_MISS/200 904 GET http://www.example/ - HIER_DIRECT/203.0.113.10 text/html \"http://a.example/\" \"curl/8\"", "squid", "cs-mime-type=text/html¦cs-referer=http://a.example/¦cs-user-agent=curl/8", "2026-01-04T01:02:03.391Z")]
    [InlineData("2026-01-04 01:02:03.123 UTC [77] LOG:  connection received: host=203.0.113.9 port=5000", "postgresql", "src_ip=203.0.113.9¦src_port=5000¦procid=77", "2026-01-04T01:02:03.123Z")]
    [InlineData("2026-01-04 01:02:03 UTC [77]: [3-1] user=alice,db=shop,app=psql,client=203.0.113.9 LOG:  statement: select 1", "postgresql", "user=alice¦database=shop¦application=psql¦src_ip=203.0.113.9¦statement=select 1", "2026-01-04T01:02:03Z")]
    [InlineData("2026-01-04 01:02:03 UTC [77]: [3-1] db=shop,user=alice LOG:  duration: 12.5 ms  statement: select 1", "postgresql", "user=alice¦database=shop¦duration_ms=12.5¦statement=select 1", "2026-01-04T01:02:03Z")]
    [InlineData("2026-01-04 01:02:03 UTC:203.0.113.9(5000):alice@shop:[77]:ERROR:  permission denied for table users", "postgresql", "user=alice¦database=shop¦object=users¦level=ERROR¦procid=77", "2026-01-04T01:02:03Z")]
    [InlineData("2026-01-04 01:02:03.123 UTC [77] alice@shop STATEMENT:  select 1", "postgresql", "user=alice¦level=STATEMENT", "2026-01-04T01:02:03.123Z")]
    [InlineData("2026-01-04T01:02:03.123456Z 8 [Note] [MY-010926] [Server] Access denied for user 'root'@'203.0.113.9' (using password: NO)", "mysql", "user=root¦code=MY-010926¦using_password=NO", "2026-01-04T01:02:03.123456Z")]
    [InlineData("2026-01-04 01:02:03 203.0.113.9:51820 TLS Error: TLS handshake failed", "openvpn", "src_ip=203.0.113.9¦reason=TLS handshake failed", "2026-01-04T01:02:03Z")]
    [InlineData("Sun Jan  4 01:02:03 2026 : Auth: (5) Login OK: [alice] (from client ap1 port 0 cli AA-BB via TLS tunnel)", "freeradius", "user=alice¦via=TLS tunnel¦outcome=success", "2026-01-04T01:02:03Z")]
    [InlineData("04-Jan-2026 01:02:03.123 queries: info: client @0x7f 10.0.0.5#53 (a.example): query: a.example IN A + (10.0.0.1)", "bind", "query=a.example¦category=queries", "2026-01-04T01:02:03.123Z")]
    [InlineData("date=2026-01-04 time=09:02:03 devname=\"FG-1\" devid=\"FG100\" eventtime=1767488523123456789 tz=\"+0800\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" srcip=10.0.0.5 dstip=198.51.100.7 action=\"deny\" msg=\"a \\\"b\\\"\"", "fortigate", "devname=FG-1¦srcip=10.0.0.5¦msg=a \"b\"", "2026-01-04T01:02:03Z")]
    [InlineData("1,2026/01/04 01:02:03,0072,TRAFFIC,end,2305,2026/01/04 01:02:03,10.0.0.5,198.51.100.7,0.0.0.0,0.0.0.0,\"allow, all\",corp\\alice,,ssl,vsys1,trust,untrust,e1,e2,fwd,2026/01/04 01:02:03,77,1,51000,443,0,0,0x19,tcp,allow,1000,400,600,12,2026/01/04 01:01:00,60,any", "paloalto", "src=10.0.0.5¦dst=198.51.100.7¦rule=allow, all¦srcuser=corp\\alice¦dport=443¦action=allow¦bytes=1000", "2026-01-04T01:02:03Z")]
    [InlineData("1,2026/01/04 01:02:03,0072,SYSTEM,auth,0,2026/01/04 01:02:03,,auth-fail,,0,0,general,medium,\"failed authentication for user 'bob'\"", "paloalto", "eventid=auth-fail¦severity=medium¦opaque=failed authentication for user 'bob'", "2026-01-04T01:02:03Z")]
    public void Lines_WithoutASyslogHeaderAreKnownByTheirShape(string line, string decoder, string expected, string time)
    {
        var record = LogParser.ParseRecord(line, Options);
        Assert.Equal((LogFormats.Plain, decoder), (record.Format, record.Decoder));
        Assert.Empty(record.Problems);
        FormatTests.Holds(record.Fields, expected);
        Assert.Equal(DateTimeOffset.Parse(time), record.Timestamp);
    }

    [Theory]
    [InlineData("<166>Jan  4 2026 01:02:03: %ASA-6-302013: Built inbound TCP connection 123 for outside:203.0.113.9/4242 (203.0.113.9/4242) to inside:10.0.0.5/443 (198.51.100.7/443)", "message_id=302013¦direction=inbound¦protocol=TCP¦peer_ip=203.0.113.9¦local_ip=10.0.0.5¦local_port=443", null)]
    [InlineData("<164>Jan  4 2026 01:02:03 fw01 : %ASA-4-106023: Deny tcp src outside:203.0.113.9/4242 dst inside:10.0.0.5/22 by access-group \"OUT\" [0x0, 0x0]", "message_id=106023¦src_ip=203.0.113.9¦dst_port=22¦rule=OUT¦action=deny", "fw01")]
    [InlineData("<166>%ASA-6-106100: access-list A denied tcp outside/203.0.113.9(4242) -> inside/10.0.0.5(22) hit-cnt 1 first hit [0x1, 0x0]", "src_ip=203.0.113.9¦src_port=4242¦dst_ip=10.0.0.5¦dst_port=22", null)]
    [InlineData("<166>Jan  4 01:02:03 fw01 %ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.0.0.2 : user = bob : user IP = 203.0.113.9", "user=bob¦src_ip=203.0.113.9¦outcome=failure", "fw01")]
    [InlineData("<189>45: *Jan  4 01:02:03.123: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.0.0.9)", "message_id=SYS-5-CONFIG_I¦user=admin¦src_ip=10.0.0.9", null)]
    [InlineData("<189>45: r1: 000123: Jan  4 2026 01:02:03.123 UTC: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: eve] [Source: 203.0.113.9] [localport: 22] [Reason: Login Authentication Failed] at 01:02:03 UTC Sun Jan 4 2026", "user=eve¦src_ip=203.0.113.9¦dst_port=22¦outcome=failure", "r1")]
    [InlineData("<190>Jan  4 01:02:03 r1 77: %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(4242) -> 10.0.0.5(22), 1 packet", "rule=101¦src_ip=203.0.113.9¦dst_port=22", "r1")]
    [InlineData("172.16.5.10 6705: Jan  4 01:02:03.673: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:no access-session port-control", "message_id=PARSER-5-CFGLOG_LOGGEDCMD¦user=admin¦command=no access-session port-control", "172.16.5.10")]
    [InlineData("2001:db8::7 6705: r9: Jan  4 01:02:03.673: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:show archive config", "user=admin", "r9")]
    [InlineData("Jan  4 01:03:07 10.0.0.1 123: Jan  4 01:02:03.111 UTC: %LDP-5-NBRCHG: LDP Neighbor 1.1.1.1:0 (1) is UP", "message_id=LDP-5-NBRCHG¦cisco_facility=LDP", "10.0.0.1")]
    [InlineData("<187>Jan  4 01:03:07 10.0.0.1 123: r2: *Jan  4 01:02:03.111: %BGP-3-NOTIFICATION: sent to neighbor 1.2.3.4", "cisco_facility=BGP", "r2")]
    [InlineData("<190>2026 Jan  4 01:02:03 sw1 : %DAEMON-6-SYSTEM_MSG: Accepted password for admin", "message_id=DAEMON-6-SYSTEM_MSG¦cisco_facility=DAEMON", "sw1")]
    [InlineData("<187>Jan  4 2026 01:02:03: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down", "interface=Gi0/1¦state=down", null)]
    public void Cisco_CodesAndMessagesAreRead(string line, string expected, string? host)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal(host, read.Host);
        Assert.All(LogSourceHints.For(read), hint => Assert.Equal("cisco", hint.Product));
        if (line.Contains("01:02:03", StringComparison.Ordinal)) Assert.Equal(new DateTime(2026, 1, 4, 1, 2, 3), read.OccurredAt!.Value.UtcDateTime.AddMilliseconds(-read.OccurredAt.Value.Millisecond));
    }

    [Theory]
    [InlineData("45: Jan  4 01:02:03.123: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:show run", "cisco/-/- cisco/-/syslog cisco/-/aaa")]
    [InlineData("45: Jan  4 01:02:03.123: %BGP-3-NOTIFICATION: sent to neighbor 1.2.3.4", "cisco/-/- cisco/-/syslog cisco/-/bgp")]
    [InlineData("45: Jan  4 01:02:03.123: %TCP-6-BADAUTH: No MD5 digest from 1.2.3.4(179) to 1.2.3.5(22)", "cisco/-/- cisco/-/syslog cisco/-/bgp cisco/-/ldp")]
    [InlineData("45: Jan  4 01:02:03.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down", "cisco/-/- cisco/-/syslog")]
    [InlineData("[Sun Mar 01 10:00:00.123456 2026] [core:notice] [pid 123] AH00052: child pid 999 exit signal Segmentation fault (11)", "-/-/apache")]
    [InlineData("2026-01-04 01:02:03.123 UTC [77] alice@shop LOG:  statement: drop table x", "-/database/-")]
    [InlineData("type=EXECVE msg=audit(1767488523.123:456): argc=2 a0=\"cat\" a1=\"/etc/shadow\"", "linux/-/auditd linux/process_creation/auditd")]
    [InlineData("type=PATH msg=audit(1767488523.123:456): item=0 name=\"/usr/bin/cat\"", "linux/-/auditd")]
    [InlineData("<30>Jan  4 01:02:03 h unbound[9]: [2:0] info: 10.0.0.5 www.example. TXT IN", "linux/-/syslog -/dns/-")]
    [InlineData("<30>Jan  4 01:02:03 h named[9]: client 10.0.0.5#53 (a.example): query: a.example IN A + (10.0.0.1)", "linux/-/syslog -/dns/-")]
    public void TheKindsOfSourceAreTheRulesOwn(string line, string expected) => Assert.Equal(expected, string.Join(' ', LogSourceHints.For(Read(line)).Select(SourceMappings.Text)));

    [Fact]
    public void ADecoderCanBeToldForRecordsOfAnotherProgram()
    {
        var record = LogParser.ParseRecord("Jan  4 01:02:03 h my-mail[1]: connect from a.example[203.0.113.9]", Options with { Format = "postfix" });
        Assert.Equal((LogFormats.Syslog3164, "postfix", "203.0.113.9"), (record.Format, record.Decoder, record.Fields["src_ip"]));
        Assert.Equal(["decoder.none|postfix"], LogParser.ParseRecord("Jan  4 01:02:03 h x: nothing known", Options with { Format = "postfix" }).Problems);
        Assert.Equal("decoder.none|squid", Assert.Single(LogParser.ParseRecord("nothing known at all", Options with { Format = "squid" }).Problems));
        Assert.Throws<ArgumentException>(() => LogParser.ParseRecord("x", Options with { Format = "nonesuch" }));
        // Reading any text reads all patterns of the table.
        foreach (var name in LogFormats.Decoders)
        {
            foreach (var line in new[] { "Jan  4 01:02:03 h x: some text", "just some text" }) Assert.Equal(line, LogParser.Parse(line, Reference, "test", Options with { Format = name }).Raw);
        }
    }

    [Theory]
    [InlineData("""{"Computer":"WS1","Channel":"Microsoft-Windows-Sysmon/Operational","EventId":1,"TimeCreated":"2026-01-04T01:02:03.0000000+00:00","Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"Image\",\"#text\":\"C:\\\\x\\\\whoami.exe\"},{\"@Name\":\"CommandLine\",\"#text\":\"whoami /priv\"}]}}"}""")]
    [InlineData("""{"TimeCreated":"/Date(1767488523000)/","Id":1,"LogName":"Microsoft-Windows-Sysmon/Operational","MachineName":"WS1","Message":"Process Create:\r\nRuleName: -\r\nUtcTime: 2026-01-04 01:02:03.000\r\nImage: C:\\x\\whoami.exe\r\nCommandLine: whoami /priv\r\n"}""")]
    [InlineData("""{"preview":false,"result":{"_time":"2026-01-04T01:02:03.000+00:00","EventCode":"1","ComputerName":"WS1","source":"XmlWinEventLog:Microsoft-Windows-Sysmon/Operational","Image":"C:\\x\\whoami.exe","CommandLine":"whoami /priv"}}""")]
    public void WindowsEventsOfOtherToolsHaveTheNamesOfRules(string line)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, @"Image=C:\x\whoami.exe¦CommandLine=whoami /priv¦EventID=1¦Computer=WS1¦Channel=Microsoft-Windows-Sysmon/Operational");
        Assert.Contains(new LogSourceHint("windows", "process_creation", "sysmon"), LogSourceHints.For(read));
        Assert.Equal(new DateTime(2026, 1, 4, 1, 2, 3), read.OccurredAt!.Value.UtcDateTime);
    }

    [Theory]
    [InlineData("""{"log":"2026-01-04 01:02:02.999 ERROR [main] com.acme.Store - failed for bob\n","stream":"stderr","time":"2026-01-04T01:02:03.000Z","kubernetes":{"container_name":"shop","host":"n1"}}""", "docker", "level=ERROR¦thread=main¦logger=com.acme.Store", "n1", "shop", 3)]
    [InlineData("""{"log":"plain words\n","stream":"stdout","time":"2026-01-04T01:02:03Z"}""", "docker", "stream=stdout", null, null, null)]
    [InlineData("""{"level":50,"time":1767488523000,"pid":7,"hostname":"h1","name":"api","msg":"no answer"}""", "bunyan", "level=50", "h1", "api", 3)]
    [InlineData("""{"level":"info","time":"2026-01-04T01:02:03Z","pid":7,"hostname":"h1","program":"sshd","msg":"Failed password for root from 203.0.113.9 port 4711 ssh2"}""", "bunyan", "user=root¦src_ip=203.0.113.9", "h1", "sshd", 6)]
    [InlineData("""{"severity":"NOTICE","timestamp":"2026-01-04T01:02:03Z","logName":"projects/p/logs/syslog","resource":{"type":"gce_instance","labels":{"instance_id":"77"}},"textPayload":"text"}""", "gcp-log", "textPayload=text", "77", "gce_instance", 5)]
    [InlineData("""{"created_at":1767488523000,"levelname":"WARNING","message":"m"}""", null, "message=m", null, null, 4)]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","level":"info","severity":"none","message":"m"}""", null, "level=info", null, null, 6)]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","level":3,"message":"m"}""", null, "level=3", null, null, null)]
    public void JsonOfContainersAndLibrariesHasItsTimeAndLevel(string line, string? decoder, string expected, string? host, string? app, int? severity)
    {
        var (record, read) = (LogParser.ParseRecord(line, Options), Read(line));
        Assert.Empty(read.Problems);
        Assert.Equal((decoder, host, app, severity), (record.Decoder is "json-message" ? null : record.Decoder, read.Host, read.App, read.Severity));
        Assert.Equal(new DateTime(2026, 1, 4, 1, 2, 3), read.OccurredAt!.Value.UtcDateTime);
        FormatTests.Holds(read.Fields, expected);
    }

    [Fact]
    public void AModuleOfAForwarderHidesNoSource() =>
        Assert.Contains(new LogSourceHint("linux", null, "sshd"), LogSourceHints.For(Read("""{"event":{"module":"system"},"program":"sshd","message":"x"}""")));

    [Theory]
    [InlineData("something else happened at 2026-01-04 01:02:03")]
    [InlineData("just text")]
    [InlineData("04-Jan-2026 nothing")]
    public void WhatNoDecoderKnowsStaysPlain(string line)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.Plain, line, 0), (read.Format, read.Message, read.Fields.Count));
    }

    [Theory]
    [InlineData("""{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"eve"},"eventTime":"2026-01-04T01:02:03Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"ap-east-1","sourceIPAddress":"203.0.113.9","userAgent":"x","requestParameters":{"userName":"y"}}""", "aws//cloudtrail", "eventName=CreateUser¦userIdentity.userName=eve¦requestParameters.userName=y", "iam.amazonaws.com", null)]
    [InlineData("""{"createdDateTime":"2026-01-04T01:02:03Z","userPrincipalName":"a@b.example","appDisplayName":"Portal","ipAddress":"203.0.113.9","status":{"errorCode":50126}}""", "azure//signinlogs", "status.errorCode=50126", "Portal", null)]
    [InlineData("""{"time":"2026-01-04T01:02:03.0000000Z","category":"SignInLogs","properties":{"userPrincipalName":"a@b.example","appDisplayName":"Portal"}}""", "azure//signinlogs", "properties.userPrincipalName=a@b.example", "Portal", null)]
    [InlineData("""{"activityDateTime":"2026-01-04T01:02:03Z","activityDisplayName":"Add user","loggedByService":"Core Directory","targetResources":[{"displayName":"x","type":"User"}]}""", "azure//auditlogs", "activityDisplayName=Add user¦targetResources.displayName=x", "Core Directory", null)]
    [InlineData("""{"CreationTime":"2026-01-04T01:02:03","Operation":"New-InboxRule","Workload":"Exchange","RecordType":1,"UserId":"a@b.example","ClientIP":"203.0.113.9","Parameters":[{"Name":"ForwardTo","Value":"x@y.example"}]}""", "m365//audit", "Operation=New-InboxRule¦Parameters.ForwardTo=x@y.example", "Exchange", null)]
    [InlineData("""{"kind":"admin#reports#activity","id":{"time":"2026-01-04T01:02:03.000Z","applicationName":"admin"},"actor":{"email":"a@b.example"},"ipAddress":"203.0.113.9","events":[{"type":"USER_SETTINGS","name":"CREATE_USER","parameters":[{"name":"x","value":"y"}]}]}""", "gcp//google_workspace.admin", "actor.email=a@b.example¦events.parameters=", "admin", null)]
    [InlineData("""{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"u","stage":"ResponseComplete","requestURI":"/api/v1/secrets","verb":"list","user":{"username":"eve"},"sourceIPs":["203.0.113.9"],"objectRef":{"resource":"secrets"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-04T01:02:03.000000Z"}""", "kubernetes/application/audit", "verb=list¦objectRef.resource=secrets¦sourceIPs=203.0.113.9", "secrets", null)]
    [InlineData("""{"__REALTIME_TIMESTAMP":"1767488523000000","_HOSTNAME":"h1","SYSLOG_IDENTIFIER":"sshd","_PID":"9","PRIORITY":"6","MESSAGE":"Failed password for root from 203.0.113.9 port 4711 ssh2"}""", "linux//sshd", "user=root¦src_ip=203.0.113.9¦outcome=failure", "sshd", 6)]
    [InlineData("""{"actor":{"alternateId":"bob@x.example"},"client":{"ipAddress":"203.0.113.9"},"displayMessage":"User login to Okta","eventType":"user.session.start","outcome":{"result":"FAILURE"},"published":"2026-01-04T01:02:03.000Z","severity":"WARN"}""", "okta//okta", "outcome.result=FAILURE", null, 4)]
    [InlineData("""{"severity":"ERROR","timestamp":"2026-01-04T01:02:03Z","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"serviceName":"iam.googleapis.com","methodName":"google.iam.admin.v1.CreateServiceAccount"}}""", "gcp//gcp.audit", "protoPayload.methodName=google.iam.admin.v1.CreateServiceAccount", "iam.googleapis.com", 3)]
    [InlineData("""{"timestamp":"2026-01-04T09:02:03.000+0800","rule":{"level":5,"id":"5716"},"agent":{"id":"001","name":"web01"},"manager":{"name":"m"},"full_log":"Jan  4 09:02:03 web01 sshd[1]: Failed password for root from 203.0.113.9 port 4711 ssh2"}""", "linux//sshd", "user=root¦src_ip=203.0.113.9", "sshd", null)]
    [InlineData("""{"_path":"http","ts":1767488523.0,"uid":"C1","id.orig_h":"203.0.113.9","id.resp_h":"10.0.0.1","method":"GET","uri":"/x"}""", "zeek//http", "id.orig_h=203.0.113.9¦uri=/x", "http", null)]
    [InlineData("""{"timestamp":"2026-01-04T09:02:03.000000+0800","flow_id":1,"event_type":"alert","src_ip":"203.0.113.9","dest_ip":"10.0.0.1","host":"ids1","alert":{"severity":2,"signature":"x"}}""", "suricata//alert", "alert.signature=x", "alert", 4)]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03.000000+0000","event_type":"stats","stats":{"uptime":5}}""", "suricata//stats", "stats.uptime=5", "stats", null)]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03.000000+0000","flow_id":1,"event_type":"dns","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","dns":{"version":3,"queries":[{"rrname":"a.example","rrtype":"A"}]}}""", "suricata/dns/dns", "dns.queries.rrname=a.example", "dns", null)]
    [InlineData("""{"@timestamp":"2026-01-04T01:02:03Z","log":{"level":"warning"},"winlog":{"event_id":4104,"channel":"Microsoft-Windows-PowerShell/Operational","provider_name":"P","computer_name":"pc","event_data":{"ScriptBlockText":"x"},"process":{"pid":7}}}""", "windows/ps_script/powershell", "ScriptBlockText=x¦EventID=4104¦Computer=pc¦Execution_ProcessID=7", "P", 4)]
    [InlineData("""{"EventTime":"2026-01-04 01:02:03","Hostname":"pc","Severity":"ERROR","EventID":1,"SourceName":"S","Channel":"System","SourceModuleName":"in","Message":"m"}""", "windows//", "Provider_Name=S¦Computer=pc", "S", 3)]
    public void JsonFamilies_AreKnownByTheirShape(string line, string source, string expected, string? app, int? severity)
    {
        var read = Read(line);
        Assert.Empty(read.Problems);
        Assert.Equal((LogFormats.Json, app, severity), (read.Format, read.App, read.Severity));
        Assert.Equal(new DateTime(2026, 1, 4, 1, 2, 3), read.OccurredAt!.Value.UtcDateTime);
        if (!expected.EndsWith('=')) FormatTests.Holds(read.Fields, expected);
        Assert.Contains(LogSourceHints.For(read), hint => source.StartsWith($"{hint.Product}/{hint.Category}/{(source.EndsWith('/') ? "" : hint.Service)}", StringComparison.Ordinal));
    }
}
